import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.translation import override

from credits.models import Judgement, RuleSetVersion
from credits.services.rule_sets import FOLDER, BadRuleSet, load_rule_sets
from tests.factories.credits import HENAN, entry

pytestmark = pytest.mark.django_db


def write(folder: Path, name: str, **changes: Any) -> None:
    document = json.loads((FOLDER / "ca-sk-samrt-ce@2020.1.json").read_text(encoding="utf-8"))
    (folder / name).write_text(json.dumps(document | changes), encoding="utf-8")


def test_load_stores_every_version_with_its_end_exclusive_and_can_run_again() -> None:
    assert load_rule_sets() == 17
    assert load_rule_sets() == 17
    assert RuleSetVersion.objects.count() == 17
    old = RuleSetVersion.objects.get(rule_set_id="cn-nhc-cme", version="2006.1")
    assert (old.effective_from, old.effective_to, old.mark) == (date(2007, 1, 1), date(2025, 1, 1), "B")
    assert RuleSetVersion.objects.get(rule_set_id=HENAN).effective_to is None


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("other@1.json", {}, "calls itself ca-sk-samrt-ce@2020.1"),
        ("ca-sk-samrt-ce@2020.1.json", {"parent": "none@1"}, "parent: The version none@1 is not loaded"),
        ("ca-sk-samrt-ce@2020.1.json", {"conf": "C"}, 'conf: "C" is not known here. Use one of: A, A-partial, B, M.'),
        ("ca-sk-samrt-ce@2020.1.json", {"effective_from": "soon"}, 'effective_from: "soon" is not a day.'),
    ],
)
def test_load_of_a_bad_file_names_it_and_stores_nothing(
    tmp_path: Path, name: str, changes: dict[str, Any], words: str
) -> None:
    write(tmp_path, name, **changes)
    with override("en"), pytest.raises(BadRuleSet, match=words):
        load_rule_sets(tmp_path)
    assert RuleSetVersion.objects.count() == 0


def test_load_command_judges_anew_when_a_text_changed(rule_sets: int, capsys: pytest.CaptureFixture[str]) -> None:
    entry(activity_type="practice", minutes=360)
    RuleSetVersion.objects.filter(rule_set_id=HENAN).update(document_sha256="0" * 64)
    Judgement.objects.update(credits=0)
    call_command("load_rule_sets")
    assert Judgement.objects.get().credits == 1
    call_command("load_rule_sets")
    assert capsys.readouterr().out.splitlines() == [
        "17 rule-set versions are loaded.",
        "1 judgements were made anew.",
        "17 rule-set versions are loaded.",
    ]
