"""Pages of those who look after people and units. Mounted at /<language>/manage/."""

from django.urls import path

from organisations.views.manage import home

app_name = "manage"
urlpatterns = [
    path("", home.home, name="home"),
]
