"""Contracts' words and status phrases stay in the dialects: core, http, store, cli, web say none.

Neither do their names. Docstrings may name a contract's section. A word is listed here if it is on
a contract's wire and is no noun of the product."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src/turnout"
ROOMS = ("core", "http", "store", "cli", "web", "catalogue")
WORDS = {
    "registration": (
        "eventPak sessionPak channelPak contactCustomItems itemDesc itemValue queueId idToken "
        "responseCode registerstatus"
    ),
    "attendance": "X-Nonce X-Device",
    "booking": (
        "EventBillingCode EventExamType EventExamFormat EventStartTime EventVenue "
        "RegistrationLimit TimeExtension RegistrationIdentifier EventIdentifier MessageDetail"
    ),
    "messaging": ("etob user_list_ids scheduled_date response_message"),
    "reporting": "convey_api returnCode incl_domain excl_domain date_range_start",
    "HTTP": (
        "Bad_Request Not_Found Unauthorized Unauthorised Forbidden Unprocessable Not_Specified "
        "Internal_Server_Error Service_Unavailable Too_Many_Requests Method_Not_Allowed"
    ),
}
PATTERN = {
    contract: re.compile(
        "|".join(rf"(?<![A-Za-z]){re.escape(word)}" for word in words.split()).replace("_", "[_ ]")
    )
    for contract, words in WORDS.items()
}
# Files that need such words, and why.
ALLOWED = {
    "cli/demo_server.py": "shows a call of the registration API, to be copied",
    "web/console/key_samples.py": "shows calls of every API, to be copied",
    "http/cors.py": "names the headers that scripts of other origins may send",
    "store/migrations/versions/0020_emailed_jobs.py": "takes a contract's names out of stored rows",
}
# What an identifier is called by in each node of a syntax tree.
NAMES = ("id", "attr", "arg", "name", "asname")


def find_words(text: str) -> Iterator[tuple[str, int]]:
    """The contracts' words in a module's strings, docstrings left out, with their lines."""
    tree = ast.parse(text)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if id(node) in docstrings or not isinstance(node, ast.Constant):
            continue
        for pattern in PATTERN.values():
            for found in pattern.finditer(node.value if isinstance(node.value, str) else ""):
                yield found[0], node.lineno


def find_names(text: str) -> Iterator[tuple[str, int]]:
    """The contracts' words in a module's identifiers. Status phrases are left out: they are names
    of Python's, too."""
    patterns = [pattern for contract, pattern in PATTERN.items() if contract != "HTTP"]
    for node in ast.walk(ast.parse(text)):
        for name in filter(None, (getattr(node, field, None) for field in NAMES)):
            if isinstance(name, str) and any(pattern.search(name) for pattern in patterns):
                yield name, getattr(node, "lineno", 0)


@pytest.mark.parametrize("find", [find_words, find_names])
@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_no_word_of_a_contract(
    room: str, find: Callable[[str], Iterator[tuple[str, int]]]
) -> None:
    said = [
        f"{path.relative_to(SOURCE)}:{line}: {word}"
        for path in sorted((SOURCE / room).rglob("*.py"))
        if str(path.relative_to(SOURCE)) not in ALLOWED
        for word, line in find(path.read_text())
    ]
    assert said == []


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('raise Invalid("x", f"Invalid EventBillingCode Value: {text}")', "EventBillingCode"),
        ('raise Invalid("x", "Bad Request: the body is too large.")', "Bad Request"),
        ('raise Missing("x", f"Registration Not Found: {uuid}")', "Not Found"),
        ('raise Missing("x", f"No {noun} has the eventPak {pak}.")', "eventPak"),
        ('raise Invalid("x", "The scheduled_date must be a date after now.")', "scheduled_date"),
        ("known = profile['etob_disabled']", "etob"),
    ],
)
def test_the_words_that_were_there_are_noticed(line: str, word: str) -> None:
    assert list(find_words(f'def verb():\n    "Contract, {word}."\n    {line}\n')) == [(word, 3)]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("etob_disabled: bool = False", "etob_disabled"),
        ("x = profile.etob_disabled", "etob_disabled"),
        ("x = Profile(etob_disabled=True)", "etob_disabled"),
        ("def set_etob(x): pass", "set_etob"),
        ("def f(eventPak): pass", "eventPak"),
        ("import x as etob", "etob"),
    ],
)
def test_the_names_that_were_there_are_noticed(line: str, name: str) -> None:
    assert list(find_names(line)) == [(name, 1)]
