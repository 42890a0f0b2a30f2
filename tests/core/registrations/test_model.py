"""What somebody submitted more than once, joined."""

from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.model import Submitted, join_submissions


def test_the_newer_submission_wins_where_it_says_something():
    old = Submitted(
        Contact(email="ada@example.com", first_name="Ada", city="London"),
        [Answer("Diet", "none"), Answer("Size", "M")],
    )
    new = Submitted(
        Contact(email="ADA@example.com", first_name="", city="Paris"),
        [Answer("Size", "L"), Answer("Bus", "yes")],
    )
    assert join_submissions(old, new) == Submitted(
        Contact(email="ADA@example.com", first_name="Ada", city="Paris"),
        [Answer("Diet", "none"), Answer("Size", "L"), Answer("Bus", "yes")],
    )


def test_joining_the_same_again_changes_nothing():
    submitted = Submitted(Contact(email="ada@example.com"), [Answer("Diet", "")])
    assert join_submissions(submitted, submitted) == submitted
