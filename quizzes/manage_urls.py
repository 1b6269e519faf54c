"""The quizzes' part of the pages of management, in their namespace. Mounted at /<language>/manage/."""

from django.urls import URLPattern, path

from quizzes.views import marking

urlpatterns: list[URLPattern] = [
    path("marking/", marking.queue, name="marking"),
    path("marking/take/", marking.take, name="marking_take"),
    path("marking/progress/", marking.progress, name="marking_progress"),
    path("marking/<uuid:public_id>/", marking.seat, name="marking_seat"),
    path("marking/<uuid:public_id>/file/", marking.file, name="marking_file"),
    path("marking/<uuid:public_id>/images/<int:image>/", marking.image, name="marking_image"),
]
