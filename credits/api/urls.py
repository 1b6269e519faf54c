from django.urls import path

from credits.api import feed, overview, titles, views

urlpatterns = [
    path("credits/standing/", views.StandingView.as_view()),
    path("credits/entries/", views.EntryList.as_view()),
    path("credits/title-path/", titles.TitlePathView.as_view()),
    path("credits/people/<uuid:public_id>/title-path/", titles.PersonTitlePathView.as_view()),
    path("credits/places/<uuid:public_id>/year/", overview.YearOfPlaceView.as_view()),
    path("credits/feed/", feed.FeedView.as_view()),
    path("credit-exports/", views.ExportList.as_view()),
    path("credit-exports/<uuid:public_id>/", views.ExportDetail.as_view()),
    path("credit-exports/<uuid:public_id>/file/", views.ExportFile.as_view()),
]
