"""Pages below /<language>/quizzes/."""

from django.urls import path

from quizzes import views
from quizzes.views import files, objections, results

app_name = "quizzes"
urlpatterns = [
    path("results/", results.mine, name="results"),
    path("attempts/", views.open_attempt, name="open"),
    path("attempts/<uuid:public_id>/", views.AttemptPage.as_view(), name="attempt"),
    path("attempts/<uuid:public_id>/images/<int:image>/", views.image, name="image"),
    path("attempts/<uuid:public_id>/files/<uuid:file_id>/", files.own_file, name="file"),
    path("attempts/<uuid:public_id>/objections/<uuid:item>/", objections.new, name="objection_new"),
]
