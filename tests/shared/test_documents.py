import base64
import subprocess
from pathlib import Path

import pytest

from cms.shared import documents

PIXEL = base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
).decode()


def told(tool: str, pdf: bytes, path: Path) -> str:
    path.write_bytes(pdf)
    arguments = [tool, str(path)] + (["-"] if tool == "pdftotext" else [])
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def test_pdf_is_tagged_titled_and_readable(tmp_path: Path) -> None:
    made = documents.pdf(
        f'<h1>激活单</h1><p>7K2M &amp; co</p><img src="data:image/png;base64,{PIXEL}" alt="a">',
        title="激活单 <1>",
        language="zh-hans",
    )
    facts = dict(line.split(":", 1) for line in told("pdfinfo", made, tmp_path / "a.pdf").splitlines() if ":" in line)
    assert {name: facts[name].strip() for name in ("Title", "Tagged", "Pages", "Page size")} == {
        "Title": "激活单 <1>", "Tagged": "yes", "Pages": "1", "Page size": "595.276 x 841.89 pts (A4)",
    }  # fmt: skip
    assert told("pdftotext", made, tmp_path / "a.pdf").split() == ["激活单", "7K2M", "&", "co", "1/1"]
    assert "Noto" in told("pdffonts", made, tmp_path / "a.pdf")


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/x.png",
        "http://127.0.0.1:1/x.png",
        "file:///etc/passwd",
        "style:../../manage.py",
        "style:missing.css",
    ],
)
@pytest.mark.parametrize(
    "html", ['<img src="{}">', '<link rel="stylesheet" href="{}">', '<a rel="attachment" href="{}">x</a>']
)
def test_pdf_asks_for_nothing_elsewhere(html: str, address: str) -> None:
    with pytest.raises(ValueError, match="A document may not ask for"):
        documents.pdf(html.format(address), title="x", language="en")
