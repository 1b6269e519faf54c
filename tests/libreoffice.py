"""Files as LibreOffice writes them (Debian package libreoffice-calc, see requirements/debian-test.txt)."""

import subprocess
from pathlib import Path

# A first start on a slow machine lays out the whole profile.
LONGEST_S = 240


class LibreOffice:
    """Converts files. It has a profile of its own: one that is used by somebody else would answer in our place."""

    def __init__(self, folder: Path) -> None:
        self.profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"

    def convert(self, source: Path, kind: str, folder: Path, *, reads: str = "") -> Path:
        """`source` as a file of `kind` (an ending, after a colon LibreOffice's own filter) in `folder`; `reads` is the
        filter that opens it, where the ending does not say everything."""
        opening = [f"--infilter={reads}"] if reads else []
        to = ["--convert-to", kind, "--outdir", str(folder), str(source)]
        command = ["soffice", self.profile, "--headless", *opening, *to]
        done = subprocess.run(
            command, check=True, timeout=LONGEST_S, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        made = folder / f"{source.stem}.{kind.partition(':')[0]}"
        assert made.exists(), done.stdout
        return made
