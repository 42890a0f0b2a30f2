"""Command lines to copy into a POSIX shell."""

import json
import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple

LINE = 52


class Sample(NamedTuple):
    """A text to copy or to look at, and what it shows."""

    title: str
    text: str


def curl(
    method: str,
    url: str,
    headers: Sequence[str],
    *,
    query: Sequence[str] = (),
    user: str = "",
    body: Any = None,
) -> str:
    """A curl call; a `body` is sent as JSON.

    Shell variables in `url`, `headers`, `user` and in `query` (encoded `name=value`) are left to
    the shell.
    """
    options = [f'-u "{user}"'] if user else []
    options += [f'-d "{parameter}"' for parameter in query]
    options += [f'-H "{header}"' for header in headers]
    if body is not None:
        options.append("-H 'Content-Type: application/json'")
        options.append(f"-d {shlex.quote(pretty(body))}")
    verb = "" if method == "GET" else f" -X {method}"
    return " \\\n  ".join([f"curl -s{' -G' if query else ''}{verb} {_quote(url)}", *options])


def _quote(url: str) -> str:
    return f'"{url}"' if "$" in url else shlex.quote(url)


def set_variable(name: str, value: str) -> str:
    """An assignment of a plain value."""
    return f"{name}={shlex.quote(value)}"


def set_from_answer(name: str, call: str, member: str) -> str:
    """An assignment of what a call answers in `member`, a string."""
    return f'{name}=$({call} |\n  sed -n \'s/.*"{member}":"\\([^"]*\\)".*/\\1/p\')'


def pretty(value: Any, margin: str = "") -> str:
    """JSON for people: two spaces a level, what is short on one line."""
    line = json.dumps(value, ensure_ascii=False)
    inner = f"{margin}  "
    is_short = bool(margin) and len(inner) + len(line) <= LINE
    if not isinstance(value, dict | list) or not value or is_short:
        return line
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {pretty(member, inner)}" for name, member in value.items()]
    else:
        parts = [pretty(item, inner) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{margin}{closing}"
