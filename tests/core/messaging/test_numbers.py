"""Destinations as they are compared and handed to networks."""

import phonenumbers
import pytest

from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import (
    address_key,
    country_of,
    is_deliverable,
    list_forms,
    list_refusal_keys,
    needs_country,
    sought_addresses,
    to_address,
)


@pytest.mark.parametrize(
    ("destination", "country", "address"),
    [
        ("+61 412 345 678", "", "61412345678"),
        ("+61 (0)412 345 678", "", "61412345678"),
        ("+610412345678", "DE", "61412345678"),
        ("0061 412 345 678", "DE", "61412345678"),
        ("0011 61 412 345 678", "AU", "61412345678"),
        ("61412345678", "", "61412345678"),
        ("61412345678", "AU", "61412345678"),
        ("0412 345 678", "AU", "61412345678"),
        ("(0412) 345-678", "AU", "61412345678"),
        ("\u202a+61\u2011412\u200b345\u00a0678\u202c", "", "61412345678"),
        (
            "\uff0b\uff16\uff11\uff14\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
            "",
            "61412345678",
        ),
        (" (02) 9876-5432 ", "AU", "61298765432"),
        ("+39 (0)6 1234 5678", "", "390612345678"),
        ("06 1234 5678", "IT", "390612345678"),
        ("415 555 2671", "US", "14155552671"),
        ("8 (800) 555-35-35", "RU", "78005553535"),
        ("+7 800 555 35 35", "", "78005553535"),
        ("0171 1234567", "DE", "491711234567"),
        ("+44 (0) 20 7946 0958", "", "442079460958"),
        # Kept as they are: nobody can have them, or nobody knows in which country.
        (" (02) 9876-5432 ", "", "0298765432"),
        ("0487.654.432", "", "0487654432"),
        ("+123456789", "AU", "123456789"),
        ("0123456789", "AU", "0123456789"),
        ("0412 345 678", "UK", "0412345678"),
        ("12", "AU", "12"),
        ("", "AU", ""),
        ("+", "AU", ""),
        ("++61", "AU", ""),
        ("61x", "AU", ""),
        ("\u00b2", "AU", ""),
        ("1" * 21, "AU", ""),
        ("jo@example.com", "AU", ""),
    ],
)
def test_a_number_is_read_as_e164(destination: str, country: str, address: str) -> None:
    for channel in (Channel.SMS, Channel.MMS, Channel.TTS, Channel.VOICE, Channel.FAX):
        assert to_address(channel, destination, country) == address
    assert address_key(Channel.SMS, address) == address


@pytest.mark.parametrize(
    ("destination", "is_needed"),
    [
        ("0412 345 678", True),
        ("415 555 2671", True),
        ("+61412345678", False),
        ("0061412345678", False),
        ("61412345678", False),
        ("+123456789", False),
        ("12", False),
        ("x", False),
        ("", False),
    ],
)
def test_a_national_number_needs_a_country(destination: str, is_needed: bool) -> None:
    assert needs_country(Channel.SMS, destination) == is_needed
    assert not needs_country(Channel.EMAIL, destination)


def test_the_forms_of_a_number_are_those_that_were_kept() -> None:
    assert list_forms("61412345678") == [
        "61412345678",
        "412345678",
        "0412345678",
        "610412345678",
        "0061412345678",
    ]
    assert list_forms("0412345678") == ["0412345678", "412345678"]
    assert list_forms("") == []
    assert list_refusal_keys(Channel.SMS, "0412345678") == {"0412345678", "412345678"}


@pytest.mark.parametrize(
    ("number", "country"),
    [("61412345678", "AU"), ("14155552671", "US"), ("442079460958", "GB"), ("12345", ""), ("", "")],
)
def test_a_number_tells_its_country(number: str, country: str) -> None:
    assert country_of(number) == country


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
def test_what_is_not_parsed_is_what_parsing_gives(code: int) -> None:
    """Of every country's numbers, and of digits that are nobody's."""
    samples = [
        phonenumbers.example_number_for_type(region, kind)
        for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
        for kind in phonenumbers.PhoneNumberType.values()
    ]
    texts = [phonenumbers.format_number(sample, 0) for sample in samples if sample]
    texts += [f"+{code}{digits}" for digits in ("0412345678", "12345678", "9" * 9, "8005553535")]
    for text in texts:
        try:
            parsed = phonenumbers.format_number(phonenumbers.parse(text), 0)[1:]
        except phonenumbers.NumberParseException:
            parsed = text[1:]
        assert to_address(Channel.SMS, text) == parsed


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
        *list_forms("61412345678"),
    ]
