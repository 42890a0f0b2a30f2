"""What is found of somebody, and what is somebody else's."""

import pytest

from turnout.core.erasure.marks import Marks

ADA = Marks(("Ada@Example.com", "é@münchen.de"), ("+44 20 7946-0018", "030 1234567", "123"))


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com",
        "Ada Lovelace <ADA@example.COM>, or",
        '{"email":"ada@example.com"}',
        "/events?email=ada%40example.com&x=1",
        "write to ada@example.com.",
        "é@xn--mnchen-3ya.de",
        "É@münchen.de",
        "442079460018",
        "call +44 (20) 7946 0018!",
        "+49 30 1234567",
        "0301234567",
        b"Name,ada@example.com\r\n",
    ],
)
def test_the_person_is_found(text):
    assert ADA.are_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "lada@example.com",
        "x.ada@example.com",
        "ada@example.com.au",
        "ada+1@example.com",
        "ada@example.co",
        "Ada Lovelace",
        "4420794600180",
        "123",
        "",
        None,
        5,
        b"\x00\xff",
    ],
)
def test_others_are_not(text):
    assert not ADA.are_in(text)
    assert not Marks().are_in(text)


def test_a_text_is_redacted():
    said = ADA.redact('{"to":"ada@example.com","cc":"bo@example.com","tel":"+442079460018"}')
    assert said == '{"to":"[erased]","cc":"bo@example.com","tel":"[erased]"}'
