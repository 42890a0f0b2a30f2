"""A fact is a value (a number, a name, a code, what somebody typed), never a piece of English.

English in a fact cannot be said in another language, nor otherwise by a contract. What another
program said (a driver, the system) is a fact named `said`."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.catalogue.raised import NAMES, SOURCE

ROOMS = ("core", "http", "store", "cli", "web", "carriers", "workers", "demo")
# Names under which pieces of sentences were handed over.
VAGUE = {"detail", "error", "fault", "message", "more", "reason", "sentence", "what", "why"}
# What is no fact: members at fault, and the seconds to wait.
OTHERS = {None, "fields", "retry_after"}


def find_faults(text: str) -> Iterator[str]:
    """Facts of failures in a module's text that are English or may be, as they stand there."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        if ast.unparse(node.func).removeprefix("faults.") not in {*NAMES, "super().__init__"}:
            continue
        for fact in node.keywords:
            is_vague = fact.arg in VAGUE
            if fact.arg not in OTHERS and (is_vague or any(find_words(fact.value))):
                yield f"{fact.arg}={ast.unparse(fact.value)}"


def find_words(value: ast.expr) -> Iterator[str]:
    """Words that an expression holds; the parameters of calls by name (`errors="replace"`) and
    what is looked up by them (`names["x"]`) are left out."""
    if isinstance(value, ast.keyword | ast.Subscript):
        return
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield from re.findall(r"[^\W\d_]+", value.value)
    for child in ast.iter_child_nodes(value):
        yield from find_words(child)  # type: ignore[arg-type]


@pytest.mark.parametrize("room", ROOMS)
def test_no_fact_is_english(room: str) -> None:
    faults = [
        f"{path.relative_to(SOURCE)}: {fault}"
        for path in sorted((SOURCE / room).rglob("*.py"))
        for fault in find_faults(path.read_text())
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('raise Limited("x", whom="to this client", retry_after=1)', "whom='to this client'"),
        ('raise Invalid("x", end=f"in {n} days")', "end=f'in {n} days'"),
        ('raise Unavailable("x", version=version or "none")', "version=version or 'none'"),
        ('raise Invalid("x", reason=text)', "reason=text"),
        ('raise Invalid("x", window="a day" if n else m)', "window='a day' if n else m"),
    ],
)
def test_the_facts_that_were_there_are_noticed(line: str, fault: str) -> None:
    assert list(find_faults(line)) == [fault]


@pytest.mark.parametrize(
    "line",
    [
        'raise Invalid("x", path=quote(path, errors="replace"))',
        'raise Invalid("x", name=names["e-mail"], numbers=", ".join(numbers))',
        'raise Invalid("x", said=str(error), fields={"a": ["is bad"]}, limit=7)',
    ],
)
def test_values_are_facts(line: str) -> None:
    assert list(find_faults(line)) == []
