"""The site's addresses, and /api/v1/reference/: what any signed-in POST costs here that locks a row and inserts one."""

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cms.urls import handler400, handler403, handler404, handler500
from cms.urls import urlpatterns as ours

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class Account(models.Model):
    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        app_label, managed = "shared", False
        db_table = "benchmark_account"

    def __str__(self) -> str:
        return str(self.owner_id)


class Line(models.Model):
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="lines")
    text = models.CharField(max_length=200)
    number = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label, managed = "shared", False
        db_table = "benchmark_line"

    def __str__(self) -> str:
        return self.text


class LineSerializer(serializers.Serializer[Line]):
    text = serializers.CharField(max_length=200)
    number = serializers.IntegerField(min_value=1)


class ReferenceView(APIView):
    def post(self, request: Request) -> Response:
        form = LineSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values: dict[str, Any] = form.validated_data
        with transaction.atomic():
            account = Account.objects.select_for_update().get(owner=request.user.pk)
            line = Line.objects.create(account=account, **values)
        return Response({"id": line.pk, **LineSerializer(line).data}, status=201)


urlpatterns = [path("api/v1/reference/", ReferenceView.as_view()), *ours]
