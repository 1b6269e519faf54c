"""Pages of those who look after people and units. Mounted at /<language>/manage/."""

from django.urls import URLPattern

app_name = "manage"
urlpatterns: list[URLPattern] = []
