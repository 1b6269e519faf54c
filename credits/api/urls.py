from django.urls import path

from credits.api import views

urlpatterns = [
    path("credits/standing/", views.StandingView.as_view()),
    path("credits/entries/", views.EntryList.as_view()),
    path("credit-exports/", views.ExportList.as_view()),
    path("credit-exports/<uuid:public_id>/", views.ExportDetail.as_view()),
    path("credit-exports/<uuid:public_id>/file/", views.ExportFile.as_view()),
]
