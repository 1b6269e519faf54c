import pytest

from organisations import rules


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("13800000001", "+8613800000001"),
        (" 138 0000-0001 ", "+8613800000001"),
        ("8613800000001", "+8613800000001"),
        ("0086 138 0000 0001", "+8613800000001"),
        ("+86 138 0000 0001", "+8613800000001"),
        ("１３８０００００００１", "+8613800000001"),
        ("+44 20 7946 0000", "+442079460000"),
    ],
)
def test_phone_is_normalised_to_e164(written: str, e164: str) -> None:
    assert rules.phone(written) == e164


@pytest.mark.parametrize(
    "written", ["", "12800000001", "1380000000", "+8612800000001", "person1", "10023", "+0123456789"]
)
def test_phone_refuses_what_is_none(written: str) -> None:
    with pytest.raises(ValueError, match="phone"):
        rules.phone(written)


def test_username_is_lowered_and_never_a_phone_or_address() -> None:
    assert rules.username(" Wang.Li ") == "wang.li"
    assert rules.username("王丽") == "王丽"
    for bad in ("13800000001", "8613800000001", "a@b.cn", "x", "two words"):
        with pytest.raises(ValueError, match=r"user name|phone"):
            rules.username(bad)


def test_code_survives_look_alikes_and_spaces_and_catches_one_wrong_symbol() -> None:
    code = rules.code_with_check("10ABCDEFGHJ")
    typed = code.lower().replace("1", "l").replace("0", "o")
    assert rules.code(f"{typed[:4]} {typed[4:8]}-{typed[8:]}") == code
    for position in range(11):
        for symbol in rules.ALPHABET:
            if symbol != code[position]:
                with pytest.raises(ValueError, match="mistyped"):
                    rules.code(code[:position] + symbol + code[position + 1 :])


@pytest.mark.parametrize(("number", "good"), [("11010519491231002X", True), ("110105194912310021", False), ("", False)])
def test_id_number_check_digit(number: str, good: bool) -> None:
    assert rules.is_chinese_id_number(number) is good


@pytest.mark.parametrize(
    ("number", "shown"),
    [("", ""), ("7", "***"), ("12", "***"), ("1234", "***34"), ("A01234", "***34"), ("2019-0077", "***77")],
)
def test_masked_number_keeps_two_characters_where_there_are_more(number: str, shown: str) -> None:
    assert rules.masked_number(number) == shown
