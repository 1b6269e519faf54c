"""Phone and ID numbers inside of a text, as people write them: grouped, with a country code, in full-width digits."""

import re

HIDDEN = "***"
_GAP = r"[ \u00a0\u3000\-\u2010-\u2015\uff0d]?"
# Chinese mobile numbers. Longer runs of digits are codes of places and moments.
_MOBILE = rf"(?<!\d)(?<!\d\.)(?:(?:\+|00)?86{_GAP})?[1\uff11][3-9\uff13-\uff19]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)"
# GB 11643: region, birthday, sequence, check character; the first generation had 15 digits.
_ID_NUMBER = rf"(?<!\d)\d{{6}}{_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{3}}[\dXx\uff38\uff58](?!\d)"
_OLD_ID_NUMBER = r"(?<!\d)\d{8}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)"
# A random id or a digest may hold eleven digits in a row; it is nobody's number.
_RANDOM = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32,}"
_FOUND = re.compile(f"(?P<random>{_RANDOM})|{_ID_NUMBER}|{_OLD_ID_NUMBER}|{_MOBILE}")


def hide_numbers(text: str) -> str:
    """`text` with each phone and ID number replaced by three asterisks."""
    return _FOUND.sub(lambda found: found.group() if found["random"] else HIDDEN, text)
