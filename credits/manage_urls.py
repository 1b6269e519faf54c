"""The credit book's part of the pages of management, in their namespace. Mounted at /<language>/manage/."""

from django.urls import URLPattern, path

from credits import views

urlpatterns: list[URLPattern] = [
    path("disclosures/", views.disclosures, name="disclosures"),
    path("disclosures/<uuid:public_id>/decide/", views.disclosure_decide, name="disclosure_decide"),
]
