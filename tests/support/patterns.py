"""Every regular expression of the source, and texts that make an ambiguous one slow.

Found by reading the source: calls of `re.…`, and arguments named `pattern`. What is compiled there
is worked out in the namespace of its module. From the parsed expression come the characters that
it is about; long runs of these, behind what leads to a repetition and before what ends no match,
are where one with two ways to read the same text takes time by the square.
"""

import ast
import importlib
import pkgutil
import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from types import ModuleType
from typing import Any, NamedTuple

import turnout
from turnout.core.erasure import marks
from turnout.core.identity.link_keys import DIGITS
from turnout.core.identity.personal_links import ID, PersonalLinks
from turnout.http import masks
from turnout.store import pg_refusals

METHODS = ("search", "fullmatch", "match", "finditer", "split", "sub", "findall")
# What stands for names that only a running function has.
LOCALS = {
    "boundary": b"x",
    "digits": DIGITS,
    "ends": "uncheck|check|check\\.json",
    "facts": ID,
    "known": ["[[code]]", "%%code%%"],
    "mark": b"x",
    "parts": [
        marks._email_part("ann.lee+x@example.com"),
        *map(marks._phone_part, ("+44 20 7946 0018", "0044 20 79460018", "020 7946 0018")),
    ],
    "words": "|".join(words for words, _ in pg_refusals._ADVICE),
    "chosen": [
        f"{masks._ONE_SLASH}ticket{masks._SLASH}",
        f"{masks._ONE_SLASH}watch{masks._SLASH}{masks._PART}{masks._SLASH}",
    ],
}
LONGEST_SAMPLE = 12


class Found(NamedTuple):
    """A regular expression, where it stands, and with which methods it is used there."""

    where: str
    pattern: "re.Pattern[Any]"
    methods: tuple[str, ...]


def list_patterns() -> list[Found]:
    """Every one in `src/turnout`, those of arguments named `pattern` too."""
    used = _methods_by_name()
    written = [found for module in _modules() for found in _patterns_of(module, used)]
    return [*written, *_patterns_of_links()]


def _patterns_of_links() -> Iterator[Found]:
    """Those that a kind of personal link makes of what it is given."""
    for module in _modules():
        for name, value in vars(module).items():
            if isinstance(value, PersonalLinks):
                yield Found(f"{module.__name__}:{name}", value._token, ("fullmatch",))


@cache
def _modules() -> tuple[ModuleType, ...]:
    names = [module.name for module in pkgutil.walk_packages(turnout.__path__, "turnout.")]
    skipped = ("turnout.__main__", "turnout.store.migrations.env")
    return tuple(importlib.import_module(name) for name in names if name not in skipped)


@cache
def _nodes_of(module: ModuleType) -> tuple[ast.AST, ...]:
    """The calls, attributes and assignments of a module's source."""
    path = module.__file__
    assert path
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    return tuple(
        node for node in ast.walk(tree) if isinstance(node, ast.Call | ast.Attribute | ast.Assign)
    )


def _methods_by_name() -> dict[str, set[str]]:
    """The methods called on what has a name, anywhere: `_NUMBER.fullmatch` and the like."""
    used: dict[str, set[str]] = {}
    for module in _modules():
        for node in _nodes_of(module):
            if isinstance(node, ast.Attribute) and node.attr in METHODS:
                name = node.value.attr if isinstance(node.value, ast.Attribute) else None
                name = node.value.id if isinstance(node.value, ast.Name) else name
                used.setdefault(f"{module.__name__}.{name}", set()).add(node.attr)
                used.setdefault(str(name), set()).add(node.attr)
    return used


def _patterns_of(module: ModuleType, used: dict[str, set[str]]) -> Iterator[Found]:
    targets = {
        id(node.value): target.id
        for node in _nodes_of(module)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in _nodes_of(module):
        if not isinstance(node, ast.Call):
            continue
        where = f"{module.__name__}:{node.lineno}"
        for keyword in node.keywords:
            if keyword.arg == "pattern":
                yield Found(where, re.compile(_work_out(module, keyword.value)), ("search",))
        method = _method_of_re(node)
        if method == "compile":
            name = targets.get(id(node), "")
            methods = used.get(f"{module.__name__}.{name}") or used.get(name) or set(METHODS)
            yield Found(where, _work_out(module, node), tuple(sorted(methods)))
        elif method in METHODS:
            yield Found(where, re.compile(_work_out(module, node.args[0])), (method,))


def _method_of_re(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id == "re" else ""
    return ""


def _work_out(module: ModuleType, node: ast.expr) -> Any:
    code = compile(ast.Expression(node), str(module.__file__), "eval")
    return eval(code, vars(module) | {"re": re}, LOCALS)  # noqa: S307 - our own source


def list_attacks(pattern: "re.Pattern[Any]", chance: random.Random, limit: int) -> list[Any]:
    """Functions of a length that give hostile texts for `pattern`; `limit` of them, by chance."""
    parsed = importlib.import_module("re._parser").parse(pattern.pattern, pattern.flags)
    characters = sorted(set(_characters(parsed)))[:16] or ["a"]
    heads = sorted({"", *_heads(parsed)})
    pumps = [*characters, *("".join(pair) for pair in product(characters, repeat=2))]
    tails = ["", "\x01", "<", *characters]
    chosen = list(product(heads, pumps, tails))
    plain = [branch for branch in chosen if len(branch[1]) == 1 and branch[2] in ("", "\x01")]
    wanted = max(0, limit - len(plain))
    rest = [one for one in chance.sample(chosen, min(len(chosen), wanted)) if one not in plain]
    return [*plain[:limit], *rest] + [(head + one, "", "") for head in heads for one in ("", " ")]


def make_text(attack: tuple[str, str, str], length: int, *, is_bytes: bool) -> Any:
    """The text of an attack that is about `length` long."""
    head, pump, tail = attack
    if pump:
        text = head + pump * (length // len(pump)) + tail
    else:
        text = (head or "a") * (length // len(head or "a"))
    return text.encode("latin-1", "replace") if is_bytes else text


REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
CATEGORIES = {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a"}


def _inner(name: str, argument: Any) -> list[Any]:
    """The expressions that stand inside one operation."""
    inner: dict[str, Callable[[], list[Any]]] = {
        **dict.fromkeys(REPEATS, lambda: [argument[2]]),
        "SUBPATTERN": lambda: [argument[3]],
        "BRANCH": lambda: list(argument[1]),
        "ASSERT": lambda: [argument[1]],
        "ASSERT_NOT": lambda: [argument[1]],
        "ATOMIC_GROUP": lambda: [argument],
    }
    return inner.get(name, list)()


def _heads(parsed: Any, before: str = "") -> Iterator[str]:
    """What leads to each repetition: a short text that comes before it."""
    for operation, argument in parsed:
        name = str(operation)
        if name in REPEATS:
            yield before
        for inner in _inner(name, argument):
            yield from _heads(inner, before)
        before = (before + _sample(name, argument))[:200]


def _sample(name: str, argument: Any) -> str:
    """A short text that one operation matches, about."""
    if name in ("ASSERT", "ASSERT_NOT", "AT"):
        return ""
    times = min(argument[0], LONGEST_SAMPLE) if name in REPEATS else 1
    if inner := _inner(name, argument)[:1]:
        return "".join(_sample(str(branch), its) for branch, its in inner[0]) * times
    return next(_own_characters(name, argument), "")


def _characters(parsed: Any) -> Iterator[str]:
    """Characters that the expression is about, some of each set."""
    for operation, argument in parsed:
        name = str(operation)
        yield from _own_characters(name, argument)
        for inner in _inner(name, argument):
            yield from _characters(inner)


def _own_characters(name: str, argument: Any) -> Iterator[str]:
    if name == "LITERAL":
        yield chr(argument)
    elif name in ("ANY", "NOT_LITERAL"):
        yield "a"
    elif name == "IN":
        yield from _members(argument)


def _members(argument: Any) -> Iterator[str]:
    for kind, value in argument:
        name = str(kind)
        if name == "NEGATE":
            yield from ("a", " ", "-")
            return
        if name == "LITERAL" and value < 0xD800:
            yield chr(value)
        elif name == "RANGE" and value[0] < 0xD800:
            yield chr(value[0])
        elif name == "CATEGORY":
            yield CATEGORIES.get(str(value), "-")
