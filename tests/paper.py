"""Printed slips as whoever holds one sees them: what a phone's camera reads, and the words around it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import zxingcpp
from PIL import Image

DPI = 200
MM = DPI / 25.4
# How far a slip's words reach from the upper left corner of its code: to the left, up, and in all
# (activation_sheet.css).
LEFT, UP, WIDTH, HEIGHT = (round(part * MM) for part in (61, 4, 86, 58))


@dataclass(frozen=True)
class Printed:
    """One slip: where its QR code leads, and its words line by line."""

    link: str
    lines: list[str]


def printed_slips(pdf: Path, folder: Path) -> list[Printed]:
    """Every slip of the document, page by page, row by row. Pictures of the pages are left in `folder`."""
    subprocess.run(["pdftoppm", "-r", str(DPI), "-gray", "-png", str(pdf), str(folder / "page")], check=True)
    found = []
    for number, path in enumerate(sorted(folder.glob("page-*.png")), start=1):
        with Image.open(path) as picture:
            codes = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
        corners = [(code.position.top_left.y, code.position.top_left.x, code.text) for code in codes]
        # Codes of one row may differ by a pixel.
        for y, x, link in sorted(corners, key=lambda corner: (round(corner[0] / 10 / MM), corner[1])):
            area = ["-x", x - LEFT, "-y", y - UP, "-W", WIDTH, "-H", HEIGHT]
            command = ["pdftotext", "-r", DPI, "-f", number, "-l", number, *area, "-layout", pdf, "-"]
            told = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
            found.append(Printed(link, [line.strip() for line in told.stdout.splitlines() if line.strip()]))
    return found
