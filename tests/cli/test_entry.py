"""The end of a command that is told to stop while it is loaded."""

import signal
import sys
from collections.abc import Iterator

import pytest

from turnout import __main__ as entry
from turnout import cli


@pytest.fixture(autouse=True)
def handler() -> Iterator[object]:
    """What SIGTERM does before and after."""
    before = signal.getsignal(signal.SIGTERM)
    yield before
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_server_that_is_told_to_stop_while_it_starts_ends_well(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["turnout", command])
    monkeypatch.setattr(cli, "main", lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 0


def test_other_commands_end_as_programs_do(
    handler: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["turnout", "migrate"])
    monkeypatch.setattr(cli, "main", lambda: None)
    entry.main()
    assert signal.getsignal(signal.SIGTERM) is handler
