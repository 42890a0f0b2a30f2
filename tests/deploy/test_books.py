"""The books of the failover proof find what they are kept for."""

import pytest

from tests.deploy.books import judge
from tests.deploy.callers import ALREADY, Booking, Deed, Joining


@pytest.mark.parametrize(
    ("outcome", "times", "stored", "complaint"),
    [
        ("done", 1, "exam", ""),
        ("done", 0, None, "answered 'exam', and 0 times in the database"),
        ("done", 2, "exam", "answered 'exam', and 2 times in the database"),
        ("done", 1, "other", "answered 'exam', and 'other' in the database"),
        ("refused", 0, None, ""),
        ("refused", 1, "exam", "nothing was changed, it said; 1 times in the database"),
        ("open", 0, None, ""),
        ("open", 1, "exam", ""),
        ("open", 2, "exam", "2 times in the database"),
    ],
)
def test_what_was_said_is_held_against_what_is_stored(outcome, times, stored, complaint):
    deed = Deed("booking0-1", is_repeatable=True, outcome=outcome, told="exam")
    assert judge(Booking, deed, times, stored) == complaint


def test_a_program_is_told_words_and_not_what_is_stored():
    deed = Deed("reporting0-1", is_repeatable=True, outcome="done", told="SUCCESS!")
    assert judge(Joining, deed, 1, 0) == ""


def test_what_had_been_done_before_is_there_once():
    deed = Deed("booking0-1", is_repeatable=True, outcome="done", told=ALREADY)
    assert judge(Booking, deed, 1, "exam") == ""
    assert judge(Booking, deed, 0, None) == "answered 'done before', and 0 times in the database"
