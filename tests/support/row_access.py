"""Finds code that takes a column of a row by its number: `row[3]`, `*row[5:]`, `rows[-1][0]`.

A row is what a statement with `^` returns, one of what a statement without a mark returns, and
what is called `row`. Names are followed through assignments, loops and a few functions of lists,
within one function of Python; that is enough for how code here reads.
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Literal

Kind = Literal["row", "rows"]
Marks = Mapping[str, str]
"""The mark of each statement by its name."""

_SAME = {"list", "sorted", "reversed", "tuple", "iter", "filter"}
_ONE = {"next", "min", "max"}


def find_numbered(source: str, marks: Marks) -> Iterator[tuple[int, str]]:
    """The lines, and what stands there, at which `source` takes a column by its number."""
    tree = ast.parse(source)
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            kinds = _Kinds(scope, marks)
            nodes = [node for node in ast.walk(scope) if isinstance(node, ast.Subscript)]
            for node in nodes:
                if _is_number(node.slice) and kinds.of(node.value) == "row":
                    yield node.lineno, ast.unparse(node)


class _Kinds:
    """What the names of a function stand for."""

    def __init__(self, scope: ast.FunctionDef | ast.AsyncFunctionDef, marks: Marks) -> None:
        self._marks = marks
        self._named: dict[str, Kind] = {}
        bindings = [binding for node in ast.walk(scope) for binding in _bindings(node)]
        for _ in range(3):  # a name may be bound by a name that is bound further down
            for name, value, is_one_of in bindings:
                kind = self.of(value)
                if kind and not (is_one_of and kind == "row"):
                    self._named[name] = "row" if is_one_of else kind

    def of(self, value: ast.expr) -> Kind | None:
        """What an expression is, where it is known."""
        if isinstance(value, ast.Name):
            return self._named.get(value.id) or _by_name(value.id)
        if isinstance(value, ast.Subscript):
            is_list = self.of(value.value) == "rows"
            return None if not is_list else "rows" if isinstance(value.slice, ast.Slice) else "row"
        if isinstance(value, ast.IfExp):
            return self.of(value.body) or self.of(value.orelse)
        if isinstance(value, ast.BoolOp):
            return next(filter(None, map(self.of, value.values)), None)
        if isinstance(value, ast.ListComp | ast.GeneratorExp):
            return "rows" if self.of(value.elt) == "row" else None
        return self._of_call(value) if isinstance(value, ast.Call) else None

    def _of_call(self, call: ast.Call) -> Kind | None:
        name = ast.unparse(call.func)
        if name == "iterate":
            return "rows"
        if name in _SAME | _ONE and call.args:
            found = {self.of(argument) for argument in call.args}
            return None if "rows" not in found else "row" if name in _ONE else "rows"
        module, _, statement = name.rpartition(".")
        if module.endswith("sql") and statement in self._marks:
            return {"": "rows", "^": "row"}.get(self._marks[statement])  # type: ignore[return-value]
        return None


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr, bool]]:
    """Names that a node binds: to what, and whether to one of it after another."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value, False
    if isinstance(node, ast.AnnAssign | ast.NamedExpr):
        value = node.value
        if value is not None and isinstance(node.target, ast.Name):
            yield node.target.id, value, False
    loops = ast.For | ast.AsyncFor | ast.comprehension
    if isinstance(node, loops) and isinstance(node.target, ast.Name):
        yield node.target.id, node.iter, True


def _by_name(name: str) -> Kind | None:
    if name == "row" or name.endswith("_row"):
        return "row"
    return "rows" if name == "rows" or name.endswith("_rows") else None


def _is_number(index: ast.expr) -> bool:
    if isinstance(index, ast.Slice):
        return any(map(_is_number, filter(None, (index.lower, index.upper))))
    if isinstance(index, ast.UnaryOp):
        return _is_number(index.operand)
    return isinstance(index, ast.Constant) and isinstance(index.value, int)
