"""components/field.html ties label, help and errors of a field together."""

import re

from django import forms
from django.template.loader import render_to_string
from django.utils import translation


class Form(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the badge.")
    phone = forms.CharField(label="Phone", required=False)
    agree = forms.BooleanField(label="I agree")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    token = forms.CharField(widget=forms.HiddenInput)


def field(name: str, form: forms.Form | None = None) -> str:
    with translation.override("en"):
        return render_to_string("components/field.html", {"field": (form or Form())[name]})


def test_field_ties_label_and_help_to_its_control() -> None:
    page = field("name")
    assert re.findall(r'<label class="field__label" for="([^"]+)">([^<]+)', page) == [("id_name", "Name")]
    assert re.findall(r'aria-describedby="([^"]+)"', page) == ["id_name_helptext"]
    assert re.findall(r'id="id_name_helptext">([^<]+)', page) == ["As on the badge."]


def test_field_says_when_it_may_stay_empty() -> None:
    assert "(optional)" in field("phone")
    assert "(optional)" not in field("name")


def test_field_ties_its_errors_to_its_control() -> None:
    page = field("name", Form({}))
    assert 'aria-invalid="true"' in page
    described = re.findall(r'<input[^>]*aria-describedby="([^"]+)"', page)
    assert described == ["id_name_helptext id_name_error"]
    assert set(described[0].split()) <= set(re.findall(r' id="([^"]+)"', page))
    assert "This field is required." in page


def test_tick_box_stands_before_its_label() -> None:
    page = field("agree")
    assert page.index("<input") < page.index("I agree")
    assert page.count("I agree") == 1


def test_choices_are_a_group_with_a_legend() -> None:
    page = field("kind")
    assert re.findall(r"<legend[^>]*>([^<]+)</legend>", page) == ["Kind"]
    assert page.count('type="radio"') == 2


def test_hidden_field_has_no_label() -> None:
    assert re.findall(r"<label|<div", field("token")) == []
