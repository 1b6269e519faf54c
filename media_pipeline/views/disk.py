"""What recordings take on the disk, for those who keep the units."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from media_pipeline.selectors import disk
from media_pipeline.views.quotas import keeper

A_PAGE = 50
KINDS = {
    "lecture": gettext_lazy("By lecture"),
    "course": gettext_lazy("By course"),
    "unit": gettext_lazy("By unit"),
}


class DiskView(WagtailAdminTemplateMixin, TemplateView):
    template_name = "media_pipeline/admin/disk.html"
    page_title = gettext_lazy("What recordings take on the disk")
    header_icon = "media"
    _show_breadcrumbs = True

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        _person, scope = keeper(self.request)
        kind = self.request.GET.get("by", "")
        kind = kind if kind in KINDS else "lecture"
        rows: Any
        match kind:
            case "course":
                rows = disk.by_course(scope)
            case "unit":
                rows = disk.by_unit(scope)
            case _:
                rows = disk.lectures_by_size(scope)
        page = Paginator(rows, A_PAGE).get_page(self.request.GET.get("p"))
        uses = disk.of_lectures(list(page.object_list)) if kind == "lecture" else list(page.object_list)
        return {
            **super().get_context_data(**kwargs),
            "kinds": KINDS.items(),
            "kind": kind,
            "whole": disk.whole(scope),
            "free": disk.free_bytes() if scope is None else None,
            "uses": uses,
            "page": page,
            "elided_page_range": page.paginator.get_elided_page_range(page.number),
        }
