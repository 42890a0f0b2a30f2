"""Canned answers: kept by name, and filled in for the reply that they answer."""

import pytest

from turnout.core.ids import CannedAnswerId, OrgId
from turnout.core.messaging import canned_answers
from turnout.core.messaging.canned_answers import (
    CannedAnswer,
    change_canned,
    create_canned,
    delete_canned,
    fill_canned,
    get_canned,
    list_canned,
)
from turnout.core.messaging.reading_replies import ReplyLine
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Database


def test_answers_are_kept_changed_and_forgotten(db: Database, org_id: OrgId) -> None:
    made = [
        db.call(create_canned, org_id, name, "Yes", actor="test") for name in ("Way", "Parking")
    ]
    assert [one.name for one in db.call(list_canned, org_id)] == ["Parking", "Way"]
    db.call(change_canned, org_id, made[0], "The way", " On foot ", actor="test")
    assert db.call(get_canned, org_id, made[0])[1:3] == ("The way", "On foot")
    with pytest.raises(Conflict):
        db.call(change_canned, org_id, made[1], "THE WAY", "x", actor="test")
    db.call(delete_canned, org_id, made[0], actor="test")
    with pytest.raises(Missing):
        db.call(delete_canned, org_id, made[0], actor="test")
    assert [one.id for one in db.call(list_canned, org_id)] == [made[1]]


def test_names_and_texts_are_bounded(
    db: Database, org_id: OrgId, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("", "x"), ("x" * 101, "x"), ("x", " "), ("x", "x" * 1001)):
        with pytest.raises(Invalid):
            db.call(create_canned, org_id, name, text, actor="test")
    db.call(create_canned, org_id, "One", "x", actor="test")
    with pytest.raises(Conflict):
        db.call(create_canned, org_id, "one", "y", actor="test")
    monkeypatch.setattr(canned_answers, "MOST", 1)
    with pytest.raises(Conflict):
        db.call(create_canned, org_id, "Two", "x", actor="test")


def test_fields_are_filled_for_the_reply() -> None:
    said = "Hi %%firstname%% (%%recipient%%), of %%message%% to %%number%%. %%user%% %%other%%"
    answer = CannedAnswer(CannedAnswerId(1), "Hi", said, 0)
    known = dict.fromkeys(ReplyLine._fields, "")
    reply = ReplyLine(
        **known | {"name": "Jane Doe", "number": "+61400", "job_name": "Where to go"}  # type: ignore[arg-type]
    )
    assert fill_canned(answer, reply, "Ann") == (
        "Hi Jane (Jane Doe), of Where to go to +61400. Ann "
    )
