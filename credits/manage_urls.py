"""The credit book's part of the pages of management, in their namespace. Mounted at /<language>/manage/."""

from django.urls import URLPattern, path

from credits import views
from credits.views import objections

urlpatterns: list[URLPattern] = [
    path("credit-objections/", objections.listed, name="entry_objections"),
    path("credit-objections/list.csv", objections.download, name="entry_objections_csv"),
    path("credit-objections/<uuid:public_id>/", objections.detail, name="entry_objection"),
    path("credit-objections/<uuid:public_id>/answer/", objections.answer, name="entry_objection_answer"),
    path("disclosures/", views.disclosures, name="disclosures"),
    path("disclosures/<uuid:public_id>/decide/", views.disclosure_decide, name="disclosure_decide"),
]
