"""Destinations as they are compared and handed to networks."""

import pytest

from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import (
    address_key,
    is_deliverable,
    sought_addresses,
    to_address,
)


@pytest.mark.parametrize(
    ("destination", "address"),
    [
        ("+61 412 345 678", "61412345678"),
        (" (02) 9876-5432 ", "0298765432"),
        ("0487.654.432", "0487654432"),
        ("12", "12"),
        ("", ""),
        ("+", ""),
        ("++61", ""),
        ("61x", ""),
        ("²", ""),
        ("1" * 21, ""),
        ("jo@example.com", ""),
    ],
)
def test_a_number_is_its_digits(destination: str, address: str) -> None:
    for channel in (Channel.SMS, Channel.MMS, Channel.TTS, Channel.VOICE, Channel.FAX):
        assert to_address(channel, destination) == address
    assert address_key(Channel.SMS, address) == address


@pytest.mark.parametrize(
    ("destination", "address", "key"),
    [
        (" Jo.Smith@Example.COM ", "Jo.Smith@Example.COM", "jo.smith@example.com"),
        ("jo+x@example.com", "jo+x@example.com", "jo+x@example.com"),
        ("müller@straße.de", "müller@straße.de", "müller@xn--strae-oqa.de"),
        ("jo@", "", ""),
        ("61412345678", "", ""),
    ],
)
def test_an_address_is_kept_and_compared_folded(destination: str, address: str, key: str) -> None:
    assert to_address(Channel.EMAIL, destination) == address
    assert address_key(Channel.EMAIL, address) == key


@pytest.mark.parametrize(
    ("digits", "is_possible"),
    [
        ("61412345678", True),
        ("4915112345678", True),
        ("0487654432", False),
        ("61", False),
        ("999999999999999", False),
    ],
)
def test_a_number_is_one_that_somebody_can_have(digits: str, is_possible: bool) -> None:
    assert is_deliverable(digits) == is_possible


def test_addresses_are_sought_in_the_forms_that_databases_have() -> None:
    emails = [" Jo.Smith@Example.COM ", "Éva@MÜNCHEN.de", ""]
    assert sought_addresses(emails, ["+61 412 345 678", "n/a", ""]) == [
        "jo.smith@example.com",
        "Éva@mÜnchen.de",
        "éva@münchen.de",
        "éva@xn--mnchen-3ya.de",
        "61412345678",
    ]
