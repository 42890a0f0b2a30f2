"""Which failures the source raises: kind, code and names of facts, read from its syntax."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from turnout.errors import KINDS
from turnout.settings import SettingsError

SOURCE = Path(__file__).parents[2] / "src/turnout"
NAMES = {kind.__name__ for kind in KINDS} | {SettingsError.__name__}
OF_KINDS = {"Limited": {"retry_after"}, "Unavailable": {"retry_after"}}


class Raised(NamedTuple):
    """A failure that is made somewhere; `code` None where it is computed, `sentence` where one is
    given."""

    place: str
    code: str | None
    facts: frozenset[str]
    is_open: bool
    has_sentence: bool


def find_raised(folder: str = "") -> Iterator[Raised]:
    """All failures that the modules below a folder of the source make."""
    for path in sorted((SOURCE / folder).rglob("*.py")):
        tree = ast.parse(path.read_text())
        constants = _constants(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (kind := _name(node.func)) in NAMES and node.args:
                yield _read(f"{path.relative_to(SOURCE)}:{node.lineno}", node, kind, constants)


def find_made() -> Iterator[Raised]:
    """The failures of the wire, which make themselves with `super().__init__(code, …)`."""
    for path in sorted((SOURCE / "http").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__"):
                continue
            if node.args and isinstance(node.args[0], ast.Constant):
                yield _read(f"{path.relative_to(SOURCE)}:{node.lineno}", node, "", {})


def find_texts() -> set[str]:
    """Every string of the source but the catalogue's."""
    return {
        node.value
        for path in SOURCE.rglob("*.py")
        if path.parent.name != "catalogue"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _read(place: str, node: ast.Call, kind: str, constants: dict[str, str]) -> Raised:
    code = node.args[0]
    value = code.value if isinstance(code, ast.Constant) else constants.get(ast.unparse(code))
    named = {keyword.arg for keyword in node.keywords}
    return Raised(
        place,
        value if isinstance(value, str) else None,
        frozenset(name for name in named if name) | OF_KINDS.get(kind, set()),
        is_open=None in named,
        has_sentence=len(node.args) > 1,
    )


@cache
def _constants(path: Path) -> dict[str, str]:
    """A module's constants of text, also those that it imports from others of the product."""
    found: dict[str, str] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign):
            found |= dict(_assigned(node))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("turnout."):
            file = SOURCE.parent / f"{(node.module or '').replace('.', '/')}.py"
            theirs = _own_constants(file) if file.exists() else {}
            named = {name.asname or name.name: theirs.get(name.name) for name in node.names}
            found |= {name: value for name, value in named.items() if value is not None}
    return found


@cache
def _own_constants(path: Path) -> dict[str, str]:
    nodes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Assign)]
    return {name: value for node in nodes for name, value in _assigned(node)}


def _assigned(node: ast.Assign) -> Iterator[tuple[str, str]]:
    for target in node.targets:
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(target.elts, node.value.elts, strict=True))
        for name, value in pairs:
            text = value.value if isinstance(value, ast.Constant) else None
            if isinstance(name, ast.Name) and isinstance(text, str):
                yield name.id, text


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""
