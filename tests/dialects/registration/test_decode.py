"""The request parser, whatever is sent: it gives a question or an application, or refuses."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from tests.dialects.registration.requests import CONTACT_SIZES, ITEM_SIZES, PAK_SIZE
from tests.support import proof
from turnout.core.ids import QueueItemId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.accepting import MAX_SESSIONS
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.core.text import is_blank, is_email, is_line, is_storable
from turnout.dialects.registration.decode import (
    DEFAULT_LIMIT,
    MAX_CHECKS,
    MAX_CUSTOM_ITEMS,
    MAX_LIMIT,
    MAX_QUEUE_ID,
    StatusQuestion,
    decode_application,
    decode_question,
)
from turnout.dialects.registration.errors import present_failure
from turnout.errors import Invalid

EXAMPLES = proof.scale(60, 2000)


def holds_for_all(**strategies: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """Make a test of a property: `check` holds for whatever the strategies give."""

    def decorate(check: Any) -> Any:
        @pytest.mark.proof
        @wraps(check, assigned=("__name__", "__doc__"))
        def test() -> None:
            examples = 0

            @hypothesis.seed(proof.seed())
            @hypothesis.settings(max_examples=EXAMPLES)
            @hypothesis.given(**strategies)
            def run(**values: Any) -> None:
                nonlocal examples
                examples += 1
                check(**values)

            run()
            proof.report(
                "parser properties registration",
                property=check.__name__.removeprefix("test_"),
                examples=examples,
            )

        del test.__wrapped__  # pytest would look for the check's arguments among the fixtures
        return test

    return decorate


# -- what is sent --------------------------------------------------------------------------

any_text = st.text(st.characters(exclude_categories=()))


def json_of(texts: st.SearchStrategy[str], numbers: st.SearchStrategy[float]) -> Any:
    """Any JSON of such texts and numbers."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | numbers | texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
        max_leaves=20,
    )


any_json = json_of(any_text, st.floats())


ABSENT = object()


def mostly(likely: st.SearchStrategy[Any], otherwise: Any = any_json) -> st.SearchStrategy[Any]:
    """What is expected, or now and then something else: by default, anything at all."""
    return st.integers(1, 25).flatmap(lambda dice: otherwise if dice == 1 else likely)


def members(likely: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """An object of which now and then a member is absent or odd, or all of it."""
    present = {name: mostly(mostly(value), st.just(ABSENT)) for name, value in likely.items()}
    return mostly(
        st.fixed_dictionaries(present).map(
            lambda made: {name: value for name, value in made.items() if value is not ABSENT}
        )
    )


paks = st.integers(10**15, 10**16 - 1).map(str)
emails = st.emails().filter(lambda email: len(email) <= CONTACT_SIZES["email"] and is_email(email))
near_items = st.lists(members(dict.fromkeys(ITEM_SIZES, any_text)), max_size=MAX_CUSTOM_ITEMS + 1)
near_contact = members(
    {member: st.text(max_size=size) for member, size in CONTACT_SIZES.items()}
    | {"email": emails, "contactCustomItems": st.just([]) | near_items}
)
near_targets = {
    noun: members({f"{noun}Pak": paks, "sessions": st.lists(members({"sessionPak": paks}))})
    for noun in ("event", "channel")
}
near_registration = st.one_of(
    members({"event": near_targets["event"], "contact": near_contact}),
    members({"channel": near_targets["channel"], "contact": near_contact}),
    members(near_targets | {"contact": near_contact}),
)
near_bodies = members({"registration": near_registration})
near_ids = st.integers(0, MAX_QUEUE_ID + 1)
near_questions = members(
    {
        "limit": st.integers(0, MAX_LIMIT + 1),
        "checks": st.lists(members({"queueId": near_ids}) | members({"QueueId": near_ids})),
    }
)


def as_bytes(values: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """JSON in one of its spellings; half pairs become bytes that are no UTF-8."""
    plain = values.map(lambda value: json.dumps(value).encode())
    spaced = values.map(
        lambda value: json.dumps(value, indent=1, ensure_ascii=False).encode(errors="surrogatepass")
    )
    return plain | spaced


def cut(bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """A body that breaks off."""
    return st.tuples(bodies, st.floats(0, 1)).map(
        lambda both: both[0][: int(len(both[0]) * both[1])]
    )


deep_bodies = st.tuples(
    st.sampled_from([b"[", b'{"registration":', b'{"checks":[', b'{"a":[']), st.integers(1, 60_000)
).map(lambda both: both[0] * both[1])
bodies = st.one_of(as_bytes(near_bodies), cut(as_bytes(near_bodies)), st.binary(), deep_bodies)
questions = st.one_of(
    as_bytes(near_questions), cut(as_bytes(near_questions)), st.binary(), deep_bodies
)
queries = st.dictionaries(
    st.sampled_from(["queueid", "limit", "skip", "other"]),
    st.lists(mostly(near_ids.map(str), any_text), min_size=1, max_size=3),
)


# -- whatever is sent ----------------------------------------------------------------------


@holds_for_all(body=bodies)
def test_any_body_is_an_application_or_refused(body: bytes):
    try:
        application = decode_application(body)
    except Invalid as refusal:
        check_refusal(refusal)
    else:
        check_sound(application)


@holds_for_all(body=questions, query=queries)
def test_any_question_is_understood_or_refused(body: bytes, query: dict[str, list[str]]):
    try:
        question = decode_question(body, query)
    except Invalid as refusal:
        check_refusal(refusal)
    else:
        assert 1 <= len(question.queue_ids) <= MAX_CHECKS
        assert question.queue_ids == sorted(set(question.queue_ids))
        assert all(1 <= id_ <= MAX_QUEUE_ID for id_ in question.queue_ids)
        assert 1 <= question.limit <= MAX_LIMIT
        assert 0 <= question.skip <= MAX_QUEUE_ID


def check_refusal(refusal: Invalid) -> None:
    """The message can be sent, and names a member where one is at fault."""
    body = json.loads(present_failure(refusal).body)
    assert body["message"].startswith("Bad Request: ")
    assert refusal.fields or refusal.code.startswith("body.")


def check_sound(application: Application) -> None:
    """Nothing in it is over its size, missing, or impossible to store."""
    contact = msgspec.to_builtins(application.submitted.contact)
    assert is_email(contact["email"])
    for value, size in zip(contact.values(), CONTACT_SIZES.values(), strict=True):
        assert len(value) <= size
        assert is_storable(value)
    assert len(application.submitted.answers) <= MAX_CUSTOM_ITEMS
    for answer in application.submitted.answers:
        assert len(answer.question) <= ITEM_SIZES["itemDesc"]
        assert len(answer.answer) <= ITEM_SIZES["itemValue"]
        assert is_storable(answer.question + answer.answer)
    assert 1 <= len(application.session_paks) <= MAX_SESSIONS
    for pak in (application.pak, *application.session_paks):
        assert 1 <= len(pak) <= PAK_SIZE
        assert is_storable(pak)


# -- what is valid -------------------------------------------------------------------------

storable = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")).filter(is_line)
contacts = st.fixed_dictionaries(
    {"email": emails},
    optional={
        member: st.text(storable, max_size=size)
        for member, size in CONTACT_SIZES.items()
        if member != "email"
    },
)
items = st.lists(
    st.fixed_dictionaries(
        {member: st.text(storable, max_size=size) for member, size in ITEM_SIZES.items()}
    ),
    max_size=MAX_CUSTOM_ITEMS,
)
unknown = st.dictionaries(
    st.sampled_from(["source", "Email", "eventpak", "x"]),
    json_of(st.text(), st.floats(allow_nan=False, allow_infinity=False)),
)


@holds_for_all(
    noun=st.sampled_from(TargetNoun),
    pak=paks,
    session_paks=st.lists(paks, min_size=1, max_size=8),
    contact=contacts,
    answers=items,
    extra=unknown,
    absent=st.sampled_from(["missing", None, ""]),
)
def test_a_valid_body_is_understood_as_it_was_meant(
    noun: TargetNoun,
    pak: str,
    session_paks: list[str],
    contact: dict[str, str],
    answers: list[dict[str, str]],
    extra: dict[str, Any],
    absent: str | None,
):
    """Unknown members are ignored, and of two spellings the exact one counts; what is missing, null
    or empty is "not given", and so is an item of which both are."""
    sent: dict[str, Any] = {**contact, "contactCustomItems": answers}
    if absent != "missing":
        sent = dict.fromkeys(CONTACT_SIZES, absent) | sent
    target = {
        f"{noun}Pak": pak,
        "sessions": [{"sessionPak": pak_} | extra for pak_ in session_paks],
    }
    body = {"registration": {noun: target | extra, "contact": sent | extra} | extra} | extra

    assert decode_application(json.dumps(body).encode()) == Application(
        noun,
        pak,
        session_paks,
        Submitted(
            msgspec.convert({snake(member): value for member, value in contact.items()}, Contact),
            [
                Answer(
                    f"Item {place}" if is_blank(item["itemDesc"]) else item["itemDesc"],
                    item["itemValue"],
                )
                for place, item in enumerate(answers, 1)
                if not (is_blank(item["itemDesc"]) and is_blank(item["itemValue"]))
            ],
        ),
    )


@holds_for_all(
    ids=st.lists(st.integers(1, MAX_QUEUE_ID), min_size=1, max_size=20),
    limit=st.integers(1, MAX_LIMIT) | st.none(),
    skip=st.integers(0, MAX_QUEUE_ID),
    name=st.sampled_from(["queueId", "QueueId"]),
    written=st.sampled_from([int, str, float]),
)
def test_a_question_means_the_same_in_body_and_query(
    ids: list[QueueItemId], limit: int | None, skip: int, name: str, written: Callable[[int], Any]
):
    meant = StatusQuestion(sorted(set(ids)), limit or DEFAULT_LIMIT, skip)
    body = json.dumps({"limit": limit, "checks": [{name: written(id_)} for id_ in ids]}).encode()
    paging = {"skip": [str(skip)]}
    by_query = paging | ({"limit": [str(limit)]} if limit else {})
    middle = len(ids) // 2
    commas = [",".join(map(str, part)) for part in (ids[:middle], ids[middle:])]

    assert decode_question(body, paging) == meant
    assert decode_question(b"", by_query | {"queueid": [str(id_) for id_ in ids]}) == meant
    assert decode_question(b"{}", by_query | {"queueid": commas}) == meant
    # What the body says goes first.
    assert decode_question(body, paging | {"queueid": ["7"]}) == meant


def snake(member: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in member)


# -- sizes ---------------------------------------------------------------------------------


def registration(contact: dict[str, Any], **target: Any) -> bytes:
    event = {"eventPak": "1" * 16, "sessions": [{"sessionPak": "2" * 16}]} | target
    whole = {"event": event, "contact": {"email": "ada@example.com"} | contact}
    return json.dumps({"registration": whole}).encode()


def body_with(member: str, value: str) -> bytes:
    """A valid body but for the member, wherever that stands."""
    if member in CONTACT_SIZES:
        return registration({member: value})
    if member in ITEM_SIZES:
        return registration({"contactCustomItems": [{member: value}]})
    if member == "sessionPak":
        return registration({}, sessions=[{member: value}])
    return registration({}, **{member: value}).replace(b"event", member[:-3].encode())


SIZES = CONTACT_SIZES | ITEM_SIZES | dict.fromkeys(("sessionPak", "eventPak"), PAK_SIZE)


@pytest.mark.parametrize("letter", ["x", "ü", "\u6f22", "\U0001f39f"])
@pytest.mark.parametrize(("member", "size"), SIZES.items())
def test_a_size_is_counted_in_characters(member: str, size: int, letter: str):
    tail = "@" + "d" * 40 + ".example.com" if member == "email" else ""
    if member == "email":
        letter, tail = "x", "@" + ".".join(["d" * 20] * 4) + ".com"
    fits = letter * (size - len(tail)) + tail

    assert isinstance(decode_application(body_with(member, fits)), Application)
    with pytest.raises(Invalid) as refused:
        decode_application(body_with(member, letter + fits))
    said = json.loads(present_failure(refused.value).body)["message"]
    assert f"{member} must have at most {size} characters" in said


def test_control_characters_never_get_in():
    contact = {
        "email": " ada@example.com\r\n",
        "firstName": "A\x07da\x1b[1m\n",
        "lastName": "\u5c71\u7530\u3000\u592a\u90ce",
        "company": "\u202eevil\u2028Ltd",
        "contactCustomItems": [
            {"itemDesc": "\x07", "itemValue": " "},
            {"itemDesc": "Diet\x08", "itemValue": "None.\nReally\x9bnone."},
        ],
    }
    body = {
        "registration": {
            "event": {"eventPak": "1" * 16, "sessions": [{"sessionPak": "2" * 16}]},
            "contact": contact,
        }
    }
    assert decode_application(json.dumps(body).encode()).submitted == Submitted(
        Contact(
            email=" ada@example.com\r\n",
            first_name="A da [1m",
            last_name="\u5c71\u7530\u3000\u592a\u90ce",
            company="evil Ltd",
        ),
        [Answer("Diet ", "None.\nReally none.")],
    )


def test_an_item_without_a_description_is_called_by_its_place():
    items = [
        {"itemDesc": "Diet", "itemValue": "vegan"},
        {"itemDesc": "\u200b", "itemValue": "blue"},
        {"itemDesc": " ", "itemValue": "\ufeff"},
        {"itemValue": 7},
    ]
    given = decode_application(json.dumps(with_contact(contactCustomItems=items)).encode())
    assert given.submitted.answers == [
        Answer("Diet", "vegan"),
        Answer("Item 2", "blue"),
        Answer("Item 4", "7"),
    ]


def test_a_name_that_cannot_be_seen_is_not_given():
    given = decode_application(
        json.dumps(
            with_contact(firstName="\u200b", lastName="\ufeff \u3000", company="A\u200b")
        ).encode()
    )
    contact = given.submitted.contact
    assert (contact.first_name, contact.last_name, contact.company) == ("", "", "A\u200b")


def with_contact(**contact):
    event = {"eventPak": "1" * 16, "sessions": [{"sessionPak": "2" * 16}]}
    return {"registration": {"event": event, "contact": {"email": "a@example.com"} | contact}}


@pytest.mark.parametrize(
    "body",
    [
        {"checks": [{"queueId": 1, "QueueId": 2}]},
        {"checks": [{"queueId": 1}], "Checks": [{"queueId": 2}]},
        {"checks": [{"queueId": 1}], "limit": 1, "LIMIT": 2},
    ],
)
def test_two_spellings_of_a_member_that_say_two_things_are_refused(body):
    with pytest.raises(Invalid) as refused:
        decode_question(json.dumps(body).encode(), {})
    assert refused.value.code == "member.twice"
    assert b"Bad Request" in present_failure(refused.value).body


def test_two_spellings_that_say_one_thing_are_one():
    body = {"checks": [{"queueId": 1, "QueueId": 1}], "Limit": 3, "limit": None}
    assert decode_question(json.dumps(body).encode(), {}) == StatusQuestion([QueueItemId(1)], 3, 0)
