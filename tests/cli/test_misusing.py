"""What commands take for a whole number: nothing with decimals, which would be rounded."""

import shlex
from collections.abc import Iterator

import pytest
from cyclopts import CycloptsError

from tests.cli.test_help import COMMANDS, find_example
from turnout.cli.app import app
from turnout.cli.misusing import is_whole, say_usage


def refusal(words: list[str]) -> str:
    with pytest.raises(CycloptsError) as refused:
        app.parse_args(words, exit_on_error=False, print_error=False, verbose=False)
    return say_usage(refused.value)


def whole() -> Iterator[tuple[str, str]]:
    """Every option that takes whole numbers, by its command."""
    for name in COMMANDS:
        found = app
        for word in name.split()[1:]:
            found = found[word]
        for argument in found.assemble_argument_collection():
            if is_whole(argument.hint) and argument.name.startswith("--"):
                yield name, argument.name


WHOLE = list(whole())


@pytest.mark.parametrize(("name", "option"), WHOLE)
def test_no_option_rounds_a_number(name: str, option: str) -> None:
    words = shlex.split(find_example(COMMANDS[name]))[1:]
    if option in words:
        at = words.index(option)
        del words[at : at + 2]
    said = refusal([*words, option, "2.5"])
    assert said.startswith(f"usage: {option} is ")
    assert "not '2.5'" in said


def test_there_are_such_options() -> None:
    assert len(WHOLE) > 40


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("job show acme 1.0", "NUMBER is the number of a job, not '1.0'."),
        (
            "user set acme jo/acme --monthly-limit 1.5",
            "--monthly-limit is a whole number, not '1.5'.",
        ),
        ("callbacks replay acme 1 2.5", "NUMBERS is the number of a callback, not '2.5'."),
    ],
)
def test_numbers_with_decimals_are_refused(line: str, said: str) -> None:
    assert refusal(shlex.split(line)).startswith(f"usage: {said}")
