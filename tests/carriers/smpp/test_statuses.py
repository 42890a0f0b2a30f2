"""What answers mean, and that README.md says the same."""

import re
from pathlib import Path

import pytest

from turnout.carriers import Misconfigured, Rejected, Retry
from turnout.carriers.smpp import statuses
from turnout.core.messaging.model import Status

README = Path(statuses.__file__).with_name("README.md").read_text()


def table_under(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading of README.md."""
    section = README.split(f"{heading}\n", 1)[1]
    found = re.search(r"\|(?:-+\|)+\n((?:\|.*\n)+)", section)
    assert found
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]


def test_the_readme_lists_what_answers_mean():
    rows = [
        [hex(status), name, f"rejected, {meaning}" if isinstance(meaning, Status) else meaning]
        for status, (name, meaning) in statuses.MEANINGS.items()
    ]
    assert table_under("### What an answer means") == [*rows, ["any other", "", "rejected, SVRE"]]


def test_the_readme_lists_what_states_mean():
    rows = [
        [str(number), text, status or "not final"]
        for number, (text, status) in statuses.STATES.items()
    ]
    assert table_under("## Receipts") == [*rows, ["any other", "", "FAIL"]]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (
            0x0A,
            Rejected(Status.BAD_SENDER, "the network answered ESME_RINVSRCADR (0xa)"),
        ),
        (
            0x0B,
            Rejected(Status.INVALID_DESTINATION, "the network answered ESME_RINVDSTADR (0xb)"),
        ),
        (0x66, Rejected(Status.BLOCKED, "the network answered ESME_RX_R_APPN (0x66)")),
        (0x45, Rejected(Status.FAILED, "the network answered ESME_RSUBMITFAIL (0x45)")),
        (0x405, Rejected(Status.PATHWAY_ERROR, "the network answered command_status 0x405")),
        (0x08, Retry(60, "the network answered ESME_RSYSERR (0x8)")),
        (0x0F, Misconfigured("the network answered ESME_RINVSYSID (0xf)")),
    ],
)
def test_what_became_of_a_message(status: int, outcome: object):
    assert statuses.judge(status) == outcome


def test_which_answers_to_a_bind_need_an_operator():
    refusals = {status for status in range(0x200) if statuses.is_refusal(status)}
    assert refusals == {0x03, 0x0D, 0x0E, 0x0F, 0x53, 0x100}


def test_which_answers_ask_for_a_pause():
    assert {status for status in range(0x200) if statuses.is_back_off(status)} == {0x14, 0x58}


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("DELIVRD", ("DELIVRD", Status.SENT)),
        ("delivered", ("DELIVRD", Status.SENT)),
        ("UNDELIVERABLE", ("UNDELIV", Status.FAILED)),
        ("Rejected", ("REJECTD", Status.BLOCKED)),
        ("EXPIRED", ("EXPIRED", Status.EXPIRED)),
        ("ACCEPTED", ("ACCEPTD", None)),
        ("LOST", ("LOST", Status.FAILED)),
    ],
)
def test_how_the_text_of_a_receipt_spells_a_state(text: str, state: tuple[str, Status | None]):
    assert statuses.read_state(text) == state
