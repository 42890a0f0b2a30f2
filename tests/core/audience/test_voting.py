"""Votes for questions that everybody is shown."""

import pytest

from tests.core.audience.cinema import Cinema
from turnout.core.audience.asking import ask_question
from turnout.core.audience.presenting import list_published, publish_question
from turnout.core.audience.voting import list_own_votes, vote_for_question
from turnout.errors import Missing


def test_each_viewer_has_one_vote_and_most_votes_come_first(cinema: Cinema) -> None:
    db, org_id, talk = cinema.db, cinema.org_id, cinema.talk.id
    asker, ann, bob = (cinema.register(f"{name}@example.com") for name in ("eve", "ann", "bob"))
    first, second, hidden = (
        db.call(ask_question, org_id, asker, talk, text).id for text in ("One?", "Two?", "Three?")
    )
    for question in (first, second):
        whose = (org_id, cinema.event.id, question)
        db.call(publish_question, *whose, is_published=True, actor="t")
    for viewer in (ann, bob, ann):
        db.call(vote_for_question, org_id, viewer, talk, first, is_on=True)
    shown = [(one.id, one.votes) for one in db.call(list_published, org_id, talk)]
    assert shown == [(first, 2), (second, 0)]
    assert db.call(list_own_votes, org_id, ann) == {first}
    for _ in range(2):
        db.call(vote_for_question, org_id, ann, talk, first, is_on=False)
    assert db.call(list_own_votes, org_id, ann) == set()
    # What is not shown to everybody, or in another session, has no votes.
    for session, question in ((talk, hidden), (cinema.show.id, first)):
        with pytest.raises(Missing):
            db.call(vote_for_question, org_id, ann, session, question, is_on=True)
