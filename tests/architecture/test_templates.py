"""Templates keep the content security policy and name only what exists."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

FRONTEND = settings.BASE_DIR / "frontend"
TEMPLATES = sorted(path for path in (FRONTEND / "templates").rglob("*.html"))
CONTROLLERS = {
    path.name.removesuffix("_controller.ts").replace("_", "-")
    for path in (FRONTEND / "src" / "controllers").glob("*_controller.ts")
}
INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


def name(path: Path) -> str:
    return str(path.relative_to(FRONTEND / "templates"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_compiles(path: Path) -> None:
    assert get_template(name(path)).origin.name == str(path)


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_has_no_inline_style_or_script(path: Path) -> None:
    assert INLINE.findall(path.read_text()) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_includes_only_what_exists(path: Path) -> None:
    for part in re.findall(r'{% include "([^"]+)"', path.read_text()):
        # Parts of Wagtail's own pages count as much as ours.
        get_template(part)


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_binds_only_controllers_that_exist(path: Path) -> None:
    bound = {word for words in re.findall(r'data-controller="([^"{]+)"', path.read_text()) for word in words.split()}
    assert bound - CONTROLLERS == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_loads_nothing_from_other_hosts(path: Path) -> None:
    loaded = re.findall(r'(?:src|srcset|poster)="(https?:)?//|<link[^>]+href="https?://', path.read_text())
    assert loaded == []
