"""Phone numbers and user names in their one written form, and codes that people type. No framework, no clock."""

import re
import unicodedata

from cms.shared.numbers import hide_numbers

# Crockford's base32: no I, L, O, U; what looks alike is read alike.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_SYMBOLS = ALPHABET + "*~$=U"
CODE_LENGTH = 12

_CHINESE_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_USERNAME = re.compile(r"[\w.-]{2,60}")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９＋（）－　", "0123456789+()- ")
_READ_ALIKE = str.maketrans("ILO", "110")


def phone(text: str, *, country: str = "86") -> str:
    """E.164 of a number as people write it ("138 0000 0000", "0086-138…", "+44 …"); national ones get `country`.

    Raises ValueError if it is not a mobile number of China nor an international number with its country code.
    """
    bare = re.sub(r"[\s().\-]", "", text.strip().translate(_FULL_WIDTH))
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    elif bare.startswith("86") and _CHINESE_MOBILE.fullmatch(bare[2:]):
        bare = "+" + bare
    elif _CHINESE_MOBILE.fullmatch(bare):
        bare = f"+{country}{bare}"
    if not _E164.fullmatch(bare) or (bare.startswith("+86") and not _CHINESE_MOBILE.fullmatch(bare[3:])):
        raise ValueError("not a phone number")
    return bare


def username(text: str) -> str:
    """The user name without surrounding space, in small letters.

    Raises ValueError if it could be taken for a phone or ID number or an e-mail address, or has other characters than
    letters, digits, "_", "." and "-", or not 2 to 60 of them.
    """
    name = text.strip().lower()
    if not _USERNAME.fullmatch(name) or hide_numbers(name) != name:
        raise ValueError("not a user name")
    try:
        phone(name)
    except ValueError:
        return name
    raise ValueError("looks like a phone number")


def is_chinese_id_number(text: str) -> bool:
    """Whether this is an 18-digit resident ID number with a right check digit (GB 11643-1999)."""
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", text):
        return False
    weighted = sum(int(digit) * weight for digit, weight in zip(text, _ID_WEIGHTS, strict=False))
    return "10X98765432"[weighted % 11] == text[17]


_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def masked_id_number(clear: str) -> str:
    """The first and last four characters; nothing between them."""
    return f"{clear[:4]}{'*' * (len(clear) - 8)}{clear[-4:]}"


def masked_number(text: str) -> str:
    """A staff number as it may lie on a desk: its last two characters, none of the rest ("***34", "***" up to two)."""
    return f"***{text[-2:]}" if len(text) > 2 else "***" if text else ""


def department_key(text: str) -> str:
    """What two ways of writing one department have in common: no spaces, no difference of width or case."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()


def code_with_check(body: str) -> str:
    """`body` (base32 characters) with the check symbol that makes it a code; the value modulo 37."""
    return body + CHECK_SYMBOLS[_value(body) % 37]


def code(text: str) -> str:
    """A typed code without spaces and dashes, in capitals, look-alikes read right.

    Raises ValueError if it has not 12 characters and a right check symbol.
    """
    bare = re.sub(r"[\s\-]", "", text.strip().upper())
    body, check = bare[:-1].translate(_READ_ALIKE), bare[-1:].translate(_READ_ALIKE)
    if len(bare) != CODE_LENGTH or any(symbol not in ALPHABET for symbol in body):
        raise ValueError("not a code")
    if CHECK_SYMBOLS[_value(body) % 37] != check:
        raise ValueError("mistyped")
    return body + check


def _value(body: str) -> int:
    value = 0
    for symbol in body:
        value = value * 32 + ALPHABET.index(symbol)
    return value
