from django.urls import path

from cms.home import views

app_name = "home"

urlpatterns = [path("learner-fragment/", views.learner_fragment, name="learner_fragment")]
