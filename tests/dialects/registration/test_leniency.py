"""Bodies as real clients send them: names in any letter case, numbers for text."""

from typing import Any

import msgspec
import pytest

from turnout.core.questions.model import Answer
from turnout.dialects.registration.decode import decode_application, decode_question
from turnout.errors import Invalid

PAK, SESSION = "1234567890123456", "6543210987654321"


def body(contact: dict[str, Any], **more: Any) -> bytes:
    event = {"eventPak": PAK, "sessions": [{"sessionPak": SESSION}]}
    registration = {"event": event, "contact": {"email": "ada@example.com"} | contact}
    return msgspec.json.encode({"registration": registration | more})


def test_names_are_taken_in_any_letter_case() -> None:
    found = decode_application(
        b'{"REGISTRATION": {"Event": {"EVENTPAK": "1234567890123456", "Sessions": '
        b'[{"sessionpak": "6543210987654321"}]}, "CONTACT": {"EMAIL": "ada@example.com", '
        b'"ADDRESSLINE1": "1 Analytical Road", "contactcustomitems": [{"ITEMDESC": "Diet", '
        b'"itemvalue": "vegan"}]}}}'
    )
    assert (found.pak, found.session_paks) == (PAK, [SESSION])
    assert found.submitted.contact.address_line1 == "1 Analytical Road"
    assert found.submitted.answers == [Answer("Diet", "vegan")]


def test_of_two_spellings_the_exact_one_counts() -> None:
    for contact in (
        {"City": "Paris", "city": "London"},
        {"city": "London", "CITY": "Paris"},
        {"CITY": "Paris", "City": "London"},
    ):
        assert decode_application(body(contact)).submitted.contact.city == "London"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (10115, "10115"),
        (0, "0"),
        (-1.5, "-1.5"),
        (True, "true"),
        (False, "false"),
        ("", ""),
        (None, ""),
    ],
)
def test_numbers_and_booleans_are_the_text_that_json_prints(given: Any, kept: str) -> None:
    items = [{"itemDesc": "Answer", "itemValue": given}]
    found = decode_application(body({"postCode": given, "contactCustomItems": items}))
    assert found.submitted.contact.post_code == kept
    assert found.submitted.answers == [Answer("Answer", kept)]


def test_paks_may_be_numbers() -> None:
    event = {"eventPak": int(PAK), "sessions": [{"sessionPak": int(SESSION)}]}
    found = decode_application(body({}, event=event))
    assert (found.pak, found.session_paks) == (PAK, [SESSION])


def test_empty_items_are_not_given_and_not_counted() -> None:
    empty = [{}, {"itemDesc": ""}, {"itemValue": None}, {"itemDesc": "", "itemValue": ""}] * 10
    items = [*empty, {"itemDesc": "Diet"}, {"itemValue": "vegan"}]
    found = decode_application(body({"contactCustomItems": items}))
    assert found.submitted.answers == [Answer("Diet", ""), Answer("Item 42", "vegan")]


@pytest.mark.parametrize(
    ("contact", "message"),
    [
        ({"POSTCODE": 10**20}, "must have at most 20 characters"),
        ({"phone": ["1"]}, "has the wrong type (expected `string | null`, got `array`)"),
        ({"phone": {"a": 1}}, "has the wrong type (expected `string | null`, got `object`)"),
        ({"contactCustomItems": 5}, "has the wrong type (expected `array | null`, got `number`)"),
    ],
)
def test_what_cannot_be_text_is_refused_as_it_was_sent(
    contact: dict[str, Any], message: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        decode_application(body(contact))
    (member,) = refusal.value.fields
    assert member == f"registration.contact.{next(iter(contact)).replace('POSTCODE', 'postCode')}"
    assert refusal.value.fields[member] == [message]


def test_a_question_is_taken_in_any_letter_case() -> None:
    asked = decode_question(b'{"CHECKS": [{"QueueId": 7}, {"queueid": "8"}], "Limit": 5}', {})
    assert (asked.queue_ids, asked.limit) == ([7, 8], 5)
