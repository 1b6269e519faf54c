from django.urls import path

from courses.api import views

app_name = "courses_api"

urlpatterns = [
    path("learning/", views.LearningView.as_view(), name="learning"),
    path("lessons/<uuid:key>/play/", views.PlayView.as_view(), name="play"),
    path("lessons/<uuid:key>/attention/", views.AttentionView.as_view(), name="attention"),
    path("lessons/<uuid:key>/settle/", views.SettleView.as_view(), name="settle"),
]
