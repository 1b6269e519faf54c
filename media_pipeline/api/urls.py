from django.urls import path

from media_pipeline.api.views import BatchesView

urlpatterns = [
    path("play-sessions/<uuid:session>/batches/", BatchesView.as_view(), name="play_session_batches"),
]
