"""The JSON API, version 1: each package brings its own routes."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("credits.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api_schema"), name="api_docs"),
    path("", include("media_pipeline.api.urls")),
    path("", include("courses.api.urls")),
    path("", include("quizzes.api.urls")),
    path("", include("organisations.api.urls")),
]
