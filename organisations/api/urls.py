from django.urls import path

from organisations.api import views

app_name = "organisations_api"
urlpatterns = [
    path("me/", views.MeView.as_view(), name="me"),
    path("notifications/", views.NotificationsView.as_view(), name="notifications"),
    path("notifications/read/", views.ReadAllNotificationsView.as_view(), name="read_all_notifications"),
    path("notifications/<uuid:public_id>/read/", views.ReadNotificationView.as_view(), name="read_notification"),
]
