from django.urls import path

from media_pipeline.views import delivery

app_name = "media_pipeline"
urlpatterns = [
    path("lectures/<str:token>/<uuid:set_id>/<path:path>", delivery.lecture_file, name="lecture_file"),
]
