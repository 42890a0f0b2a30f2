"""Every kind of change and moment that is written down has a sentence, whose facts are given."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from turnout.catalogue import Phrase, facts_of
from turnout.catalogue.histories import BEGUN, name_code, phrase_change, phrase_known, rest_of, tell
from turnout.catalogue.labels import CONSOLE
from turnout.core.audience.model import Mode
from turnout.core.checkin.scans import Result
from turnout.core.exams.model import Change
from turnout.core.maintenance.time_zones import AUDITED, NOUNS
from turnout.core.messaging.model import Status
from turnout.core.payments.settling import PaymentState
from turnout.core.tickets.issuing import GrantKind
from turnout.core.waiting_list.entries import WaitingState

SOURCE = Path(__file__).parents[2] / "src/turnout"
# What a call is passed by those who call it.
PASSED = {
    ("core/payments/settling.py", "state.value"): {state.value for state in PaymentState},
    ("core/maintenance/set_aside.py", "done"): {"released", "dropped"},
    ("core/maintenance/time_zones.py", "AUDITED.get(move.noun, move.noun)"): {
        AUDITED.get(noun, noun) for noun in NOUNS
    },
    ("core/registrations/guests.py", "action"): {
        "changed answers",
        "renewed link",
        "changed language",
    },
    ("cli/exports.py", "noun"): {"event", "list", "job"},
    ("web/console/people/files.py", "noun"): {"event", "registration"},
    ("web/console/list_files.py", "found.noun"): {"event", "campaign", "reply", "user"},
}


class Written(NamedTuple):
    """A kind of entry, and the facts that are certain; `is_open` = there may be more."""

    place: str
    noun: str
    action: str
    facts: frozenset[str]
    is_open: bool


def find_written() -> Iterator[Written]:
    """What the source records, by its calls of `record`."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and _is_record(call, path):
                    yield from _read(path, function, call)


def _is_record(call: ast.Call, path: Path) -> bool:
    names = ("record", "record_installation")
    return (
        isinstance(call.func, ast.Name)
        and call.func.id in names
        and "turnout.core.audit.recording import" in path.read_text()
    )


def _read(path: Path, function: ast.FunctionDef, call: ast.Call) -> Iterator[Written]:
    place = str(path.relative_to(SOURCE))
    first = 3 if ast.unparse(call.func) == "record" else 2
    facts = frozenset(word.arg for word in call.keywords if word.arg)
    is_open = any(word.arg is None for word in call.keywords)
    for action in _values(place, function, call.args[first]):
        for noun in _values(place, function, call.args[first + 1]):
            yield Written(f"{place}:{call.lineno}", noun, action, facts, is_open)


def _values(place: str, function: ast.FunctionDef, node: ast.expr) -> set[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return _values(place, function, node.body) | _values(place, function, node.orelse)
    if isinstance(node, ast.Name):
        for step in ast.walk(function):
            if isinstance(step, ast.Assign) and ast.unparse(step.targets[0]) == node.id:
                return _values(place, function, step.value)
        module = importlib.import_module(f"turnout.{place.removesuffix('.py').replace('/', '.')}")
        if isinstance(known := getattr(module, node.id, None), str):
            return {known}
    return PASSED[place, ast.unparse(node)]


def test_every_kind_of_change_has_a_sentence_whose_facts_are_given() -> None:
    faults, known = [], set[str]()
    for written in find_written():
        code = f"console.did.{name_code(written.noun)}.{name_code(written.action)}"
        sentence = CONSOLE.get(code)
        known |= {code, f"{code}.named", f"{code}.none"}
        if sentence is None:
            faults.append(f"{written.place}: {code} has no sentence")
        elif not written.is_open and (missing := facts_of(sentence) - written.facts):
            faults.append(f"{written.place}: {code} lacks {sorted(missing)}")
        if f"console.log.of.{name_code(written.noun)}" not in CONSOLE:
            faults.append(f"{written.place}: {written.noun} has no word")
    assert len(known) > 400
    assert faults == []
    known.add("console.did.other")
    said = {code for code in CONSOLE if code.startswith("console.did.")}
    assert sorted(said - known) == []


@pytest.mark.parametrize(
    ("begin", "kinds"),
    [
        ("exams.change", Change),
        ("timeline.scanned", Result),
        ("timeline.watched", Mode),
        ("timeline.through", GrantKind),
        ("timeline.waited", set(WaitingState) - {WaitingState.WAITING, WaitingState.OFFERED}),
        ("timeline.message", [status.name.lower() for status in Status]),
    ],
)
def test_every_kind_of_moment_has_a_sentence(begin, kinds) -> None:
    assert [kind for kind in kinds if phrase_known(begin, kind).code == "timeline.other"] == []


def test_the_timeline_says_nothing_that_has_no_sentence() -> None:
    tree = ast.parse((SOURCE / "core/timeline/reading.py").read_text())
    nodes = list(ast.walk(tree))
    branches = [part for node in nodes if isinstance(node, ast.IfExp) for part in _branches(node)]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    told = [call.args[0] for call in calls if ast.unparse(call.func) == "_say"]
    said = {f"console.timeline.{code}" for part in (*branches, *told) if (code := _code_of(part))}
    assert len(said) > 20
    assert sorted(said - CONSOLE.keys()) == ["console.timeline.call"]


def _branches(node: ast.IfExp) -> list[ast.expr]:
    return [part for part in (node.body, node.orelse) if not isinstance(part, ast.IfExp)]


def _code_of(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_a_change_is_told_with_its_facts_and_the_rest_is_left() -> None:
    facts = {"tickets": 1, "why": "lost"}
    phrase = phrase_change("registration", "resent", facts)
    assert (tell(phrase), rest_of(phrase)) == ("Sent 1 ticket again", {"why": "lost"})
    assert tell(phrase_change("registration", "seated", {"seat": 4})) == "Gave seat 4"
    assert tell(phrase_change("registration", "seated", {"seat": None})) == "Took the seat back"
    booked = phrase_change("registration", "booked", {"session": "Talk"})
    assert tell(booked) == "Booked Talk"


def test_an_unknown_kind_is_readable() -> None:
    assert tell(phrase_change("lamp_post", "lit up", {})) == "Lit up: lamp post"
    assert tell(phrase_known("timeline.scanned", "lost_again")) == "Lost again"
    assert tell(phrase_change("registration", "resent", {})) == "Resent: registration"


def test_phrases_within_phrases_are_told() -> None:
    inner = Phrase("timeline.booked", {"title": "Talk"})
    assert tell(Phrase("timeline.reason", {"what": inner, "reason": "ill"})) == "Booked Talk: ill"
    assert all(any(code.startswith(begin) for code in CONSOLE) for begin in BEGUN)
