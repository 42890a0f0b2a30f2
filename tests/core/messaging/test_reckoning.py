"""What a job's messages take and cost."""

from turnout.core.messaging.model import Content, JobOptions, JobType, NewRecipient
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.reckoning import Reckoned, Reckoning, fields_of, find_unknown

PRICES = Prices("sms=0.08 sms:44=0.05 email=0.01")


def reckon(job_type: JobType, text: str, sender: str = "", **fields: str) -> Reckoned:
    reckoning = Reckoning(job_type, Content(text=text), JobOptions(), sender, PRICES)
    return reckoning.reckon(NewRecipient("", "r", "Jo", fields), "61412345678")


def test_only_short_messages_are_cut():
    assert reckon(JobType.SMS, "x" * 161) == Reckoned(2, 160_000)
    assert reckon(JobType.EMAIL, "x" * 161) == Reckoned(1, 10_000)
    assert reckon(JobType.TTS, "x" * 161) == Reckoned(1, 0)


def test_the_number_that_replies_reach_is_reckoned():
    text = "x" * 150 + "%%ReplyNum%%"
    assert reckon(JobType.TWO_WAY_SMS, text, "61491570006") == Reckoned(2, 160_000)
    assert reckon(JobType.SMS, text, "61491570006") == Reckoned(1, 80_000)


def test_what_is_too_long_to_be_sent_costs_nothing():
    assert reckon(JobType.SMS, "%%a%%" * 2, a="x" * 5_000) == Reckoned(66, 66 * 80_000)
    assert reckon(JobType.SMS, "%%a%%" * 2, a="x" * 5_001) == Reckoned(0, 0)


def test_no_address_costs_nothing_and_the_longest_prefix_counts():
    reckoning = Reckoning(JobType.SMS, Content(text="Hi"), JobOptions(), "", PRICES)
    assert reckoning.reckon(NewRecipient("none"), "") == Reckoned(0, 0)
    assert reckoning.reckon(NewRecipient(""), "447911123456") == Reckoned(1, 50_000)


def test_fields_are_known_in_lower_case_and_cleaned_where_asked():
    known = fields_of(
        JobType.TWO_WAY_SMS,
        JobOptions(is_ascii_only=True),
        "61491570006",
        reference="r",
        name="Zoë",
        given={"City": "Köln"},
    )
    assert known == {
        "reference": "r",
        "recipient": "Zo",
        "city": "Kln",
        "replynum": "61491570006",
    }


def test_fields_that_nobody_has_are_found():
    people = [NewRecipient("a", fields={"City": "Perth"}), NewRecipient("b", fields={"n": ""})]
    asked = ("reference", "recipient", "replynum", "unsubscribe", "city", "n", "town")
    assert find_unknown(asked, people) == ["town"]
    assert find_unknown(asked, []) == ["city", "n", "town"]
    assert find_unknown((), people) == []
