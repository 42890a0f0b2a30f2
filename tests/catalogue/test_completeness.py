"""Every code that the source raises has a sentence, whose facts are given; and the other way."""

import importlib
from collections.abc import Mapping
from functools import cache

import pytest

from tests.catalogue.raised import Raised, find_made, find_raised, find_texts
from turnout.catalogue import SENTENCES, TABLES, facts_of
from turnout.errors import KINDS, Failure, Limited

DIALECTS = ("attendance", "booking", "messaging", "registration", "reporting")
# Where the code is chosen from a table, or is that of another failure. The codes are texts of the
# source, and so held against the catalogue by the tests below.
COMPUTED = {
    "core/exams/planning.py",
    "core/identity/credentials.py",
    "core/identity/short_names.py",
    "core/questions/judging.py",
    "core/messaging/list_changes.py",
    "core/registrations/deciding.py",
    "core/registrations/event_states.py",
    "core/registrations/form_limits.py",
    "core/registrations/accepting.py",
    "core/verification/codes.py",
    "dialects/attendance/decode.py",
    "web/sessions.py",
    "http/readiness.py",
    "store/faults.py",
    "store/pg_fitness.py",
    "store/pg_refusals.py",
}
# Made of the state of a credential.
MADE = {"credential.expired", "credential.revoked"}


@cache
def raised() -> tuple[Raised, ...]:
    return (*find_raised(), *find_made())


def table_of(dialect: str) -> Mapping[str, str]:
    errors = importlib.import_module(f"turnout.dialects.{dialect}.errors")
    sentences: Mapping[str, str] = errors.SENTENCES
    return sentences


def test_sentences_are_not_given_where_failures_are_raised() -> None:
    assert [failure.place for failure in raised() if failure.has_sentence] == []


@pytest.mark.parametrize("kind", [Failure, *KINDS], ids=lambda kind: kind.__name__)
def test_no_kind_takes_a_sentence(kind: type[Failure]) -> None:
    waits = {"retry_after": 1} if kind is Limited else {}
    assert kind("a.code", **waits).message == "a.code."
    with pytest.raises(TypeError):
        kind("a.code", "A sentence.", **waits)  # type: ignore[call-arg]


def test_codes_are_written_out_where_they_are_raised() -> None:
    computed = {failure.place.partition(":")[0] for failure in raised() if failure.code is None}
    assert computed == COMPUTED


def test_every_code_that_is_raised_has_a_sentence_with_facts_that_are_given() -> None:
    faults = []
    for failure in raised():
        room, _, rest = failure.place.partition("/")
        own = table_of(rest.partition("/")[0]) if room == "dialects" else {}
        sentence = own.get(failure.code or "", SENTENCES.get(failure.code or ""))
        if failure.code is None:
            continue
        if sentence is None:
            faults.append(f"{failure.place}: {failure.code} has no sentence")
        elif not failure.is_open and (missing := facts_of(sentence) - failure.facts):
            faults.append(f"{failure.place}: {failure.code} lacks {sorted(missing)}")
    assert faults == []


def test_every_sentence_is_of_a_code_that_is_raised() -> None:
    known = {failure.code for failure in raised()} | find_texts() | MADE
    assert [code for code in SENTENCES if code not in known] == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialects_sentences_have_facts_that_are_given(dialect: str) -> None:
    given: dict[str | None, list[frozenset[str]]] = {}
    for failure in raised():
        is_heard = failure.place.startswith((f"dialects/{dialect}/", "core/", "http/", "store/"))
        if is_heard and not failure.is_open:
            given.setdefault(failure.code, []).append(failure.facts)
    faults = [
        f"{code} lacks {sorted(facts_of(sentence) - facts)}"
        for code, sentence in table_of(dialect).items()
        for facts in given.get(code, [])
        if not facts_of(sentence) <= facts
    ]
    assert faults == []


def test_a_code_has_one_sentence() -> None:
    codes = [code for table in TABLES for code in table]
    assert len(codes) == len(set(codes)) == len(SENTENCES)


@pytest.mark.parametrize("sentences", [SENTENCES, *map(table_of, DIALECTS)])
def test_sentences_are_well_formed(sentences: Mapping[str, str]) -> None:
    for code, sentence in sentences.items():
        assert all(name.isidentifier() for name in facts_of(sentence)), code
        assert sentence == sentence.strip(), code
