"""What the end of a call means: every row of the table."""

import pytest

from turnout.carriers import Misconfigured, Rejected, Retry
from turnout.carriers.sip.statuses import End, judge, judge_unrung
from turnout.core.messaging.model import Status

ROWS = {
    Status.INVALID_NUMBER: (301, 302, 404, 410, 416, 484, 485, 604),
    Status.BUSY: (486, 600, 603),
    Status.NO_ANSWER: (480, 408, 487),
    Status.BLOCKED: (403, 433, 607, 608),
    Status.FAILED: (415, 421, 422, 488, 606),
}
CAUSES = {
    1: Status.INVALID_NUMBER,
    28: Status.INVALID_NUMBER,
    17: Status.BUSY,
    18: Status.NO_ANSWER,
    19: Status.NO_ANSWER,
}
LOST_TRUNK = (429, 500, 502, 503, 504)
REFUSED_US = (401, 407, 423)


def end(how: str = "failed", **members: object) -> End:
    return End("turnout-1", how, **members)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "status"), [(code, status) for status in ROWS for code in ROWS[status]]
)
def test_a_code_that_ends_a_call(code: int, status: Status) -> None:
    said = end(sip=code, reason="Said so")
    assert judge(said) == (status, f"SIP {code}: Said so")
    assert judge_unrung(said) == Rejected(status, f"SIP {code}: Said so")


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("code", [401, 404, 480, 503])
def test_a_cause_is_more_exact_than_a_code(cause: int, code: int) -> None:
    said = end(sip=code, q850=cause)
    assert judge_unrung(said) == Rejected(CAUSES[cause], f"SIP {code}, Q.850 {cause}")


@pytest.mark.parametrize("code", LOST_TRUNK)
def test_another_trunk_may_take_it(code: int) -> None:
    said = end(sip=code, reason="Later")
    assert judge_unrung(said) == Retry(30, f"The trunk cannot take the call: SIP {code}: Later")
    assert judge(end(sip=code))[0] is Status.PATHWAY_ERROR


@pytest.mark.parametrize("code", [380, 400, 456, 499, 501, 505, 513, 580, 605, 699])
def test_a_code_that_nobody_knows_ends_the_call(code: int) -> None:
    assert judge_unrung(end(sip=code)) == Rejected(Status.FAILED, f"SIP {code}")
    assert judge(end(sip=code)) == (Status.FAILED, f"SIP {code}")


def test_an_answer_with_garbage_is_told_in_plain_words_and_not_called_again() -> None:
    said = end(reason="Bad message [74]")
    words = "It was answered, and what the answer says of its sound is unreadable."
    assert judge_unrung(said) == Rejected(Status.FAILED, words)
    assert judge(said) == (Status.FAILED, words)


@pytest.mark.parametrize("code", REFUSED_US)
def test_the_account_is_refused(code: int) -> None:
    said = judge_unrung(end(sip=code))
    assert said == Misconfigured(f"The trunk refuses the account: SIP {code}")
    assert judge(end(sip=code))[0] is Status.PATHWAY_ERROR


def test_a_challenge_that_cannot_be_answered_is_the_accounts() -> None:
    outcome = judge_unrung(end("failed", reason="Function not implemented [38]"))
    assert isinstance(outcome, Misconfigured)


def test_a_code_that_sip_does_not_have_ends_the_call() -> None:
    outcome = judge_unrung(end("failed", sip=999, reason="Odd"))
    assert outcome == Rejected(Status.FAILED, "SIP 999: Odd")


def test_no_answer_of_a_trunk_is_tried_again_but_a_wrong_certificate_is_not() -> None:
    assert isinstance(judge_unrung(end(reason="Connection refused")), Retry)
    assert isinstance(judge_unrung(end(reason="Protocol error [71]")), Misconfigured)
    assert isinstance(judge_unrung(end()), Retry)


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("ring", Status.NO_ANSWER),
        ("silent", Status.FAILED),
        ("opt_out", Status.OPTED_OUT),
        ("cancelled", Status.EXPIRED),
        ("cut_off", Status.EXPIRED),
        ("stopped", Status.NO_ANSWER),
        ("answered", Status.FAILED),
        ("lost", Status.PATHWAY_ERROR),
    ],
)
def test_how_a_call_without_a_message_ended(how: str, status: Status) -> None:
    assert judge(end(how))[0] is status


def test_a_message_that_begun_was_sent_however_it_ended() -> None:
    for how in ("answered", "cancelled", "stopped", "silent"):
        assert judge(end(how, begun=True)) == (Status.SENT, "")
    through = end("answered", begun=True, redirect="+61398765432")
    assert judge(through) == (Status.SENT, "Put through to +61398765432.")
    assert judge(end("opt_out", begun=True))[0] is Status.OPTED_OUT
