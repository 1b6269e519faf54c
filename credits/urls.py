from django.urls import path

from credits import views

app_name = "credits"
urlpatterns = [
    path("", views.my_credits, name="my_credits"),
    path("people/", views.people, name="people"),
    path("people/<uuid:public_id>/", views.person_credits, name="person_credits"),
    path("exports/", views.exports, name="exports"),
    path("exports/request/", views.export_request, name="export_request"),
    path("exports/<uuid:public_id>/", views.export_state, name="export_state"),
    path("exports/<uuid:public_id>/cancel/", views.export_cancel, name="export_cancel"),
    path("exports/<uuid:public_id>/download/", views.export_download, name="export_download"),
]
