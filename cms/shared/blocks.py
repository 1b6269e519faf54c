"""Blocks that any page may use. They hold no learner state."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.contrib.table_block.blocks import TableBlock
from wagtail.images.blocks import ImageChooserBlock


class FigureBlock(blocks.StructBlock):
    image = ImageChooserBlock(label=_("Image"))
    alt = blocks.CharBlock(label=_("What the image shows (read aloud)"), max_length=300)
    caption = blocks.CharBlock(label=_("Caption"), required=False, max_length=300)
    source = blocks.CharBlock(label=_("Source and licence"), required=False, max_length=200)

    class Meta:
        icon = "image"
        label = _("Figure")
        template = "courses/blocks/figure.html"


class CalloutBlock(blocks.StructBlock):
    kind = blocks.ChoiceBlock(
        label=_("Kind"),
        choices=[("key", _("Key point")), ("warning", _("Warning")), ("checklist", _("Checklist"))],
        default="key",
    )
    title = blocks.CharBlock(label=_("Title"), required=False, max_length=120)
    text = blocks.RichTextBlock(label=_("Text"), features=["bold", "italic", "ol", "ul", "link"])

    class Meta:
        icon = "help"
        label = _("Call-out")
        template = "courses/blocks/callout.html"


TEXT_FEATURES = [
    "h2",
    "h3",
    "bold",
    "italic",
    "ol",
    "ul",
    "link",
    "document-link",
    "superscript",
    "subscript",
]


class TextStreamBlock(blocks.StreamBlock):
    text = blocks.RichTextBlock(
        label=_("Text"), features=TEXT_FEATURES, icon="pilcrow", template="courses/blocks/text.html"
    )
    figure = FigureBlock()
    table = TableBlock(label=_("Table"), icon="table", template="courses/blocks/table.html")
    callout = CalloutBlock()
