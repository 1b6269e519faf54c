"""Routes below /api/v1/."""

from django.urls import path

from quizzes.api import objections, results, views

app_name = "quizzes_api"
urlpatterns = [
    path("quiz-results/", results.ResultsView.as_view(), name="results"),
    path("attempts/", views.AttemptsView.as_view(), name="attempts"),
    path("attempts/<uuid:public_id>/", views.AttemptView.as_view(), name="attempt"),
    path("attempts/<uuid:public_id>/answers/", views.AnswersView.as_view(), name="answers"),
    path("attempts/<uuid:public_id>/advance/", views.AdvanceView.as_view(), name="advance"),
    path("attempts/<uuid:public_id>/items/<uuid:item>/file/", views.FileView.as_view(), name="file"),
    path("attempts/<uuid:public_id>/objections/", objections.ObjectionsView.as_view(), name="objections"),
    path("attempts/<uuid:public_id>/submit/", views.SubmitView.as_view(), name="submit"),
]
