"""The site's skeleton: one home page and one catalogue in each language."""

from django.conf import settings
from django.db import transaction
from wagtail.models import Locale, Page, Site

from cms.home.models import HomePage
from courses.models import CourseIndexPage

# Language → (title, lead, catalogue's title) of a new installation; editors change them in the admin.
TEXTS = {
    "zh-hans": ("影技学堂", "为医学影像技术人员而设的继续教育平台：看得流畅，记得准确，学分说得清楚。", "课程目录"),
    "en": (
        "Isocenter",
        "Continuing education for imaging technologists: lectures that play, answers that stay, credits explained.",
        "Courses",
    ),
}


@transaction.atomic
def ensure_site() -> HomePage:
    """Make what is missing of home pages and catalogues; returns the Chinese home page. Safe to run again."""
    root = Page.get_first_root_node()
    chinese, _ = Locale.objects.get_or_create(language_code=settings.LANGUAGE_CODE)
    home = HomePage.objects.filter(locale=chinese).first()
    if home is None:
        title, lead, catalogue = TEXTS[settings.LANGUAGE_CODE]
        home = HomePage(title=title, lead=lead, slug="isocenter", locale=chinese)
        root.add_child(instance=home)
        home.save_revision().publish()
        site = Site.objects.filter(is_default_site=True).first() or Site(hostname="localhost", is_default_site=True)
        welcome = site.root_page if site.pk else None
        site.root_page, site.site_name = home, settings.WAGTAIL_SITE_NAME
        site.save()
        if welcome is not None and welcome.specific_class is Page and welcome.depth > 1:
            Page.objects.get(pk=welcome.pk).delete()
        index = CourseIndexPage(title=catalogue, slug="courses", locale=chinese)
        HomePage.objects.get(pk=home.pk).add_child(instance=index)
        index.save_revision().publish()
    for code, (title, lead, catalogue) in TEXTS.items():
        locale, _ = Locale.objects.get_or_create(language_code=code)
        if HomePage.objects.filter(locale=locale).exists():
            continue
        copy = HomePage.objects.get(pk=home.pk).copy_for_translation(locale)
        copy.title, copy.lead, copy.slug = title, lead, f"isocenter-{code}"
        copy.save_revision().publish()
        index = CourseIndexPage.objects.get(locale=chinese).copy_for_translation(locale)
        index.title, index.slug = catalogue, "courses"
        index.save_revision().publish()
    found: HomePage = HomePage.objects.get(locale=chinese)
    return found
