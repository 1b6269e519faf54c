"""Reads a workbook in a process of its own, within limits, and prints it as lines of JSON.

Started by `reading` as a plain script: a file made to exhaust memory or to crash the native reader ends this process
and nothing else. It imports nothing of ours.

Lines: {"sheets": [{"name", "hidden"}]}; then for each wanted sheet {"sheet": number, "merged": [[top, left, bottom,
right], …]} and [row, [cell, …]] for every row with a value (all from 1); at last {"done": true}. A cell is text, a
number, true or false, null, or {"d": ISO date}. Where it cannot go on: {"error": word}.
"""

import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

MEMORY = 1 << 30
SECONDS = 120


def cell(value: Any) -> Any:
    if value == "" and isinstance(value, str):
        return None
    if isinstance(value, datetime):
        return {"d": value.date().isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, time | timedelta):
        return str(value)
    return value


def main(path: str, wanted: str, most_rows: int, most_columns: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    def say(line: Any) -> None:
        sys.stdout.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")

    try:
        book = CalamineWorkbook.from_path(path)
    except PasswordError:
        say({"error": "encrypted"})
        return
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    say({"sheets": [{"name": s.name, "hidden": s.visible != SheetVisibleEnum.Visible} for s in sheets]})
    chosen = set(json.loads(wanted)) if wanted else None
    total = 0
    for number, described in enumerate(sheets):
        if chosen is not None and described.name not in chosen:
            continue
        sheet = book.get_sheet_by_name(described.name)
        merged = [[a + 1, b + 1, c + 1, d + 1] for (a, b), (c, d) in sheet.merged_cell_ranges or []]
        say({"sheet": number, "merged": merged})
        left = [None] * (sheet.start[1] if sheet.start else 0)
        for line, values in enumerate(sheet.iter_rows(), start=1):
            cells = [*left, *map(cell, values)]
            while cells and cells[-1] is None:
                cells.pop()
            if not cells:
                continue
            total += 1
            if total > most_rows or len(cells) > most_columns:
                say({"error": "rows" if total > most_rows else "columns"})
                return
            say([line, cells])
    say({"done": True})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
