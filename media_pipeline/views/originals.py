"""What becomes of uploaded recordings, and the preparation of old ones anew."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms.shared.errors import DomainError
from media_pipeline.enums import SourcePlace
from media_pipeline.models import Lecture
from media_pipeline.selectors.originals import coming, places, rule_of, site_rule
from media_pipeline.services import lectures
from media_pipeline.services.originals import MOST_DAYS, NoSuchRule, set_rule
from media_pipeline.views.jobs import watcher
from media_pipeline.views.uploads import NAMESPACE

MOST_SHOWN = 50


class RuleForm(forms.Form):
    policy = forms.CharField(required=False, max_length=6)
    days = forms.IntegerField(required=False, min_value=0, max_value=MOST_DAYS)


class OriginalsView(WagtailAdminTemplateMixin, TemplateView):
    template_name = "media_pipeline/admin/originals.html"
    page_title = gettext_lazy("Originals of recordings")
    header_icon = "media"
    _show_breadcrumbs = True

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        _person, is_operator = watcher(self.request)
        dated = coming()
        return {
            **super().get_context_data(**kwargs),
            "rule": site_rule(),
            "places": [(SourcePlace(place).label, *figures) for place, figures in places().items()],
            "coming": [(at, lecture, rule_of(lecture).policy.label) for at, lecture in dated[:MOST_SHOWN]],
            "more": max(0, len(dated) - MOST_SHOWN),
            "outdated": lectures.all_outdated().count(),
            "is_operator": is_operator,
        }


@require_POST
def prepare_all(request: HttpRequest) -> HttpResponse:
    """Prepare everything anew that was prepared in an older way; for operators."""
    person, is_operator = watcher(request)
    if not is_operator:
        raise PermissionDenied
    queued, gone = lectures.prepare_all_again(by=person)
    said = ngettext("%(n)s lecture is being prepared anew.", "%(n)s lectures are being prepared anew.", queued)
    messages.success(request, said % {"n": queued})
    if gone:
        said = ngettext(
            "%(n)s lecture stays as it is, because its original was deleted.",
            "%(n)s lectures stay as they are, because their originals were deleted.",
            gone,
        )
        messages.warning(request, said % {"n": gone})
    return redirect(reverse(f"{NAMESPACE}:originals"))


@require_POST
def original_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """What becomes of this lecture's original."""
    person, _is_operator = watcher(request)
    lecture = get_object_or_404(Lecture, pk=pk)
    form = RuleForm(request.POST)
    try:
        if not form.is_valid():
            raise NoSuchRule
        set_rule(by=person, lecture=lecture, policy=form.cleaned_data["policy"], days=form.cleaned_data["days"])
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The rule for the original of “%(title)s” is set.") % {"title": lecture})
    return redirect(reverse(f"{NAMESPACE}:inspect", args=[pk]))
