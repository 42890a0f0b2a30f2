import pytest

from turnout.carriers.smpp.addresses import read_destination, read_sender
from turnout.carriers.smpp.pdu import Address


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("61400000000", Address(1, 1, "61400000000")),
        ("+61400000000", Address(1, 1, "61400000000")),
        ("1234567", Address(1, 1, "1234567")),
        ("123456", Address(3, 0, "123456")),
        ("777", Address(3, 0, "777")),
        ("Turnout", Address(5, 0, "Turnout")),
        ("My Event 24", Address(5, 0, "My Event 24")),
        ("", Address(0, 0, "")),
        ("twelve chars", None),
        ("Straße", None),
        ("a\0b", None),
        ("+", Address(5, 0, "+")),
        ("1" * 20, Address(1, 1, "1" * 20)),
        ("1" * 21, None),
        ("61400000000\n", None),
    ],
)
def test_what_kind_of_sender_it_is(sender: str, address: Address | None):
    assert read_sender(sender) == address


@pytest.mark.parametrize("number", ["61400000001", "+61400000001"])
def test_a_destination_is_international(number: str):
    assert read_destination(number) == Address(1, 1, "61400000001")


@pytest.mark.parametrize("number", ["", "+", "abc", "614 000", "1" * 21, "61\0", "٦١٤", "61\n"])
def test_what_is_not_a_destination(number: str):
    assert read_destination(number) is None
