"""HTML → PDF. Nothing is fetched from anywhere: only data: addresses and the print styles in frontend/documents/."""

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import escape

_STYLE = "style:"


def pdf(html: str, *, title: str, language: str, styles: tuple[str, ...] = ()) -> bytes:
    """`html` (what stands inside `<body>`, already escaped) as a tagged A4 document, PDF/UA-1.

    `styles` names files of frontend/documents/ that follow document.css. Raises ValueError if the text asks for any
    other file or address, so that a mistake is seen and nothing can be read or called through a document.
    """
    # Loading it takes a second and 50 MB that the web server has no use for.
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError

    links = "".join(f'<link rel="stylesheet" href="{_STYLE}{name}">' for name in ("document.css", *styles))
    lang = "zh-Hans" if language.startswith("zh") else escape(language)
    whole = (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{escape(title)}</title>{links}</head>'
        f"<body>{html}</body></html>"
    )
    try:
        made: bytes = HTML(string=whole, base_url=None, url_fetcher=_fetcher()).write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:
        raise ValueError(str(error)) from error
    return made


def pdf_of(template: str, context: dict[str, Any], *, title: str, language: str, styles: tuple[str, ...] = ()) -> bytes:
    """As `pdf`, of a template."""
    return pdf(render_to_string(template, context), title=title, language=language, styles=styles)


def qr_code(link: str) -> str:
    """The QR code of `link` as a data: address."""
    # Like the PDF writer, a few megabytes that most processes have no use for.
    import segno

    # The mask is given: trying all eight takes longer than everything else, and every reader knows them all.
    made = BytesIO()
    segno.make(link, error="m", mask=3, micro=False, boost_error=False).save(made, kind="png", scale=4, border=2)
    return "data:image/png;base64," + base64.b64encode(made.getvalue()).decode()


def _fetcher() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    folder: Path = settings.BASE_DIR / "frontend" / "documents"

    class OwnFiles(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            file = folder / url.removeprefix(_STYLE)
            if url.startswith(_STYLE) and file.parent == folder and file.is_file():
                return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": "text/css"})
            raise FatalURLFetchingError(f"A document may not ask for {url[:200]!r}.")

    return OwnFiles(allowed_protocols={"data"})
