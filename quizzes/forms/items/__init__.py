"""The parts of a question in the admin: keys are entered the way an author thinks of them."""

from collections.abc import Mapping

from quizzes.forms.items.base import USUAL_OPTIONS, ItemForm, option_fields, typed_options
from quizzes.forms.items.by_people import EssayForm, FileForm
from quizzes.forms.items.pictures import GradingForm, HotspotForm, ImageForm
from quizzes.forms.items.words import ChoiceForm, MatchForm, NumberForm, OrderForm, TextForm

__all__ = ["ITEM_FORMS", "USUAL_OPTIONS", "ImageForm", "option_fields", "typed_options"]

ITEM_FORMS: Mapping[str, type[ItemForm]] = {
    "choice": ChoiceForm,
    "number": NumberForm,
    "text": TextForm,
    "order": OrderForm,
    "match": MatchForm,
    "hotspot": HotspotForm,
    "grading": GradingForm,
    "essay": EssayForm,
    "file": FileForm,
}
