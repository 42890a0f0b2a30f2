"""Every command says what it does and has an example, which is one that it takes."""

import re
import shlex
from collections.abc import Callable, Iterator

import pytest
from cyclopts import App

from turnout.cli.app import app


def walk(path: str, found: App) -> Iterator[tuple[str, Callable[..., object]]]:
    """Every command by its words."""
    if found.default_command:
        yield path, found.default_command
    for name in found._commands:
        if not name.startswith("-"):
            yield from walk(f"{path} {name}", found[name])


COMMANDS = dict(walk("turnout", app))


def find_example(command: Callable[..., object]) -> str:
    """The first example; settings in front are left out, and what a shell fills in is a word."""
    text = re.sub(r"\n {4}", "\n", command.__doc__ or "").partition("Args:")[0]
    match = re.search(r"xample:?\s+`?(?:[A-Z_]+=\S+ )?(turnout\b[^`]*)", text)
    line = match[1].partition("\n\n")[0] if match else ""
    return re.sub(r"\$\([^)]*\)", "today", " ".join(line.split()).rstrip("."))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_that_it_takes(name: str) -> None:
    example = find_example(COMMANDS[name])
    assert example.startswith(name), f"`{name} --help` needs an example of it"
    command, _, _ = app.parse_args(
        shlex.split(example)[1:], exit_on_error=False, print_error=False, verbose=False
    )
    assert command is COMMANDS[name]


def test_there_are_commands():
    assert len(COMMANDS) > 150
