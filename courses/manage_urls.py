"""The courses' part of the pages of management, in their namespace. Mounted at /<language>/manage/."""

from django.urls import URLPattern, path

from courses.views import lost_passes

urlpatterns: list[URLPattern] = [
    path("passes/", lost_passes.listed, name="lost_passes"),
    path("passes/list.csv", lost_passes.download, name="lost_passes_csv"),
    path("passes/<uuid:public_id>/", lost_passes.detail, name="lost_pass"),
    path("passes/<uuid:public_id>/decide/", lost_passes.decide, name="lost_pass_decide"),
]
