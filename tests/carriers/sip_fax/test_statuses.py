"""What the end of a fax means."""

from typing import Any

import pytest

from turnout.carriers import Misconfigured, Rejected, Retry
from turnout.carriers.sip_fax.statuses import End, is_broken_off, judge, judge_unrung
from turnout.core.messaging.call_ends import LOST
from turnout.core.messaging.model import Status


def end(how: str = "faxed", **members: Any) -> End:
    return End("turnout-1", how, **members)


def fax(pages: int, said: str = "OK", how: str = "faxed", **members: Any) -> End:
    way = {"way": "T.38", "bit_rate": 9600, "heard": True}
    return end(how, pages=pages, said=said, **way | members)


@pytest.mark.parametrize("sip", [429, 480, 486, 503])
def test_a_pause_that_the_network_asks_for_is_kept(sip: int) -> None:
    outcome = judge_unrung(end("failed", sip=sip, q850=17 if sip == 486 else 0, retry_after=90))
    assert isinstance(outcome, Retry)
    assert outcome.after_s == 90


def test_what_is_busy_without_saying_for_how_long_is_busy() -> None:
    assert isinstance(judge_unrung(end("failed", sip=486)), Rejected)


@pytest.mark.parametrize(
    ("ends", "unwanted", "expected"),
    [
        ([end("failed", sip=486)], "", (Status.BUSY, "SIP 486")),
        ([end("failed", sip=404)], "", (Status.INVALID_NUMBER, "SIP 404")),
        ([end("failed", sip=480, q850=17)], "", (Status.BUSY, "SIP 480, Q.850 17")),
        ([end("ring")], "", (Status.NO_ANSWER, "Nobody answered in time.")),
        ([end("lost")], "", (Status.PATHWAY_ERROR, LOST)),
        ([fax(3)], "", (Status.SENT, "3 of 3 pages. Pages 1 to 3 (T.38, 9600 bit/s).")),
        (
            [fax(3, "The call dropped prematurely", ecm=True)],
            "cancelled",
            (Status.SENT, "3 of 3 pages. Pages 1 to 3 (T.38, 9600 bit/s, error correction)."),
        ),
        (
            [end("no_fax", way="G.711")],
            "",
            (Status.NO_FAX, "0 of 3 pages. No page. No fax machine was heard."),
        ),
        (
            [fax(1, "Lost"), end("failed", sip=486), fax(3)],
            "",
            (
                Status.SENT,
                "3 of 3 pages. Call 1: Page 1 (T.38, 9600 bit/s). Lost. Call 2: No page. SIP 486. "
                "Call 3: Pages 2 to 3 (T.38, 9600 bit/s).",
            ),
        ),
        (
            [fax(1, "Lost"), end("ring")],
            "",
            (
                Status.FAILED,
                "1 of 3 pages. Call 1: Page 1 (T.38, 9600 bit/s). Lost. Call 2: No page. Nobody "
                "answered in time.",
            ),
        ),
        (
            [fax(1, "Lost")],
            "cut_off",
            (
                Status.EXPIRED,
                "1 of 3 pages. Page 1 (T.38, 9600 bit/s). Lost. Its time was over.",
            ),
        ),
        (
            [fax(0, "Lost", how="stopped")],
            "stopped",
            (
                Status.FAILED,
                "0 of 3 pages. No page (T.38, 9600 bit/s). Turnout was stopped. Turnout was "
                "stopped.",
            ),
        ),
    ],
)
def test_what_a_fax_of_three_pages_became(
    ends: list[End], unwanted: str, expected: tuple[Status, str]
) -> None:
    assert judge(ends, 3, unwanted) == expected


def test_only_a_fax_machine_that_lacks_pages_is_called_again() -> None:
    assert is_broken_off(fax(1), 3)
    assert not is_broken_off(fax(3), 3)
    assert not is_broken_off(end(way="G.711"), 3)
    assert not is_broken_off(fax(1, how="lost"), 3)


def test_what_says_something_of_the_trunk_is_no_end_of_the_fax() -> None:
    assert isinstance(judge_unrung(end("failed", sip=503)), Retry)
    assert isinstance(judge_unrung(end("failed", sip=401)), Misconfigured)
    assert isinstance(
        judge_unrung(end("failed", reason="certificate verify failed")), Misconfigured
    )
    assert judge_unrung(end("failed", sip=404)) == Rejected(Status.INVALID_NUMBER, "SIP 404")
