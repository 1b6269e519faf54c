"""Every text of ours stands in the catalogue, in good Chinese; nothing that people read is written past it."""

import ast
import gettext
import io
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import allauth
import pytest
import wagtail
from django.conf import settings

ROOT = settings.BASE_DIR
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
# Texts of others that we say ourselves, and where their own texts stand.
BORROWED = {"wagtail": Path(wagtail.__file__).parent, "allauth": Path(allauth.__file__).parent}
TEMPLATES = sorted((ROOT / "frontend" / "templates").rglob("*.*"))
PACKAGES = ["claims", "cms", "courses", "credits", "events", "media_pipeline", "organisations", "quizzes"]
CODE = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py") if "migrations" not in path.parts)

Texts = dict[str, set[str]]

HAN = re.compile(r"[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"%%|%\(\w+\)[a-z]|\{\w*\}")
# Latin punctuation that touches a Chinese character on its left.
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!()]")
# Written the same in both languages, or nothing but placeholders.
SAME_IN_CHINESE = {
    "CT",
    "MR",
    "DR",
    "DSA",
    "CSV",
    "%(place)s: %(problem)s",
    "%(reached)s of %(required)s (%(share)s%%)",
    "%(goal)s: %(figures)s",
    "%(column)s: %(problem)s",
    "%(field)s: %(value)s",
    "%(label)s: %(value)s",
    "after a label\x04:",
}
# Chinese in templates: texts that exist once per language, the brand, and the page that no catalogue can serve.
CHINESE_TEMPLATES = {"500.html", "base.html", "statement.html"}
# Chinese in code: content, the authority's own codes, and the names of the site before anybody edited them.
# Rosters are read in the words that hospitals write.
CHINESE_CODE = {
    "cms/home/services.py",
    "cms/settings/base.py",
    "credits/columns.py",
    "credits/exports/render.py",
    "credits/services/official/rows.py",
    "credits/services/project_imports/blank.py",
    "credits/services/project_imports/rows.py",
    "media_pipeline/services/imports.py",
    "organisations/enums.py",
    "organisations/formats/cells.py",
    "organisations/formats/columns.py",
    "organisations/formats/example.py",
    "organisations/formats/problems.py",
    "organisations/formats/rows.py",
    "organisations/management/commands/setup_units.py",
}
# Latin text in templates that needs no translation.
LATIN = {"CSV", "English", "ID", "Isocenter", "LUFS", "SHA", "Something went wrong", "XLSX", "JSON", "URL"}


def chinese(path: Path, *command: str) -> Texts:
    """Message ids, with their context and plural, and what stands for them in a catalogue that `command` prints."""
    # Plurals are numbered forms of one message; gettext keeps them by number.
    done = subprocess.run([*command, str(path)], capture_output=True, check=True)
    compiled = subprocess.run(["msgfmt", "--check-format", "-o", "-", "-"], input=done.stdout, capture_output=True)
    assert compiled.returncode == 0, compiled.stderr.decode()
    known: Texts = {}
    for key, text in gettext.GNUTranslations(io.BytesIO(compiled.stdout))._catalog.items():  # type: ignore[attr-defined]
        known.setdefault(key[0] if isinstance(key, tuple) else key, set()).add(text)
    known.pop("", None)
    return known


@pytest.fixture(scope="module")
def translated() -> Texts:
    """What the catalogue says; fuzzy and empty texts are absent."""
    return chinese(CATALOGUE, "msgattrib", "--translated", "--no-fuzzy", "--no-obsolete")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The message ids that stand in code and templates now."""
    copy = tmp_path_factory.mktemp("extraction")
    for name in [*PACKAGES, "frontend"]:
        shutil.copytree(
            ROOT / name, copy / name, ignore=shutil.ignore_patterns("node_modules", "dist", "__pycache__", "var")
        )
    (copy / "locale").mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    command = ["-m", "django", "makemessages", "-l", "zh_Hans", "--no-location", "--no-wrap"]
    subprocess.run([sys.executable, *command], cwd=copy, env=environment, capture_output=True, check=True)
    # msgen gives every message its own id as text, so that none is left out of the compiled file.
    return set(chinese(copy / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po", "msgen"))


def test_catalogue_has_every_text_and_no_other(translated: Texts, extracted: set[str]) -> None:
    assert extracted - set(translated) == set(), "missing or fuzzy: run make messages and translate"
    assert set(translated) - extracted == set(), "no longer used: run make messages"


def test_catalogue_is_chinese(translated: Texts) -> None:
    assert {key for key, texts in translated.items() for text in texts if not HAN.search(text)} == SAME_IN_CHINESE


def test_catalogue_keeps_placeholders(translated: Texts) -> None:
    wrong = [
        key
        for key, texts in translated.items()
        for text in texts
        if Counter(PLACEHOLDER.findall(key)) != Counter(PLACEHOLDER.findall(text))
    ]
    assert wrong == []


def test_catalogue_has_full_width_punctuation(translated: Texts) -> None:
    assert [text for texts in translated.values() for text in texts if HALF_WIDTH.search(text)] == []


@pytest.mark.parametrize("name", BORROWED)
def test_texts_of_others_are_chinese_and_wanted(name: str) -> None:
    known = chinese(ROOT / "locale" / name / "zh_Hans" / "LC_MESSAGES" / "django.po", "msgattrib", "--no-obsolete")
    assert {key for key, texts in known.items() for text in texts if not HAN.search(text)} == set()
    originals: set[str] = set()
    for path in BORROWED[name].glob("**/locale/en/LC_MESSAGES/django.po"):
        originals |= set(chinese(path, "msgen"))
    assert set(known) - originals == set(), f"{name} no longer says this"


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_templates_hold_no_chinese() -> None:
    with_chinese = {
        path.name
        for path in TEMPLATES
        if HAN.search(path.read_text()) and not path.name.endswith((".zh-hans.html", ".zh-hans.txt"))
    }
    assert with_chinese == CHINESE_TEMPLATES


def literals(path: Path) -> list[str]:
    """The strings of a Python file, docstrings left out."""
    tree = ast.parse(path.read_text())
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
    ]


def test_code_holds_no_chinese() -> None:
    with_chinese = {
        relative(path) for path in CODE if "demo" not in path.parts and any(HAN.search(text) for text in literals(path))
    }
    assert with_chinese == CHINESE_CODE


UNTRANSLATED = [
    (re.compile(r"{% comment %}.*?{% endcomment %}|{#.*?#}|<!--.*?-->", re.DOTALL), "\n"),
    (re.compile(r"{% blocktrans(?:late)?\b.*?{% endblocktrans(?:late)? %}", re.DOTALL), "\n"),
    (re.compile(r"{% block \w+_(?:class|query) %}.*?{% endblock %}"), "\n"),
    (re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL), "\n"),
    (re.compile(r"<(script|style|code)\b.*?</\1>", re.DOTALL), "\n"),
]
SPOKEN_ATTRIBUTE = re.compile(r'\s(?:aria-label|title|alt|placeholder)="([^"]*)"')
TAG = re.compile(r"""<(?:"[^"]*"|'[^']*'|[^'">])*>""")
WORD = re.compile(r"[A-Za-z][A-Za-z ’']+[A-Za-z]")


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.suffix in {".html", ".txt"}], ids=relative)
def test_template_text_is_translated(path: Path) -> None:
    if re.search(r"\.(en|zh-hans)\.(html|txt)$", path.name) or path.name == "500.html":
        return
    text = path.read_text()
    for pattern, blank in UNTRANSLATED:
        text = pattern.sub(blank, text)
    spoken = [*SPOKEN_ATTRIBUTE.findall(text), re.sub(r"&\w+;", "\n", TAG.sub("\n", text))]
    assert [word for part in spoken for word in WORD.findall(part) if word not in LATIN] == []
