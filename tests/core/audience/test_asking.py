"""Questions, polls, surveys, links and who may see reports."""

import pytest

from tests.core.audience.cinema import LIVE_FROM, MINUTE, WHEN, show_something
from turnout.core.audience.asking import (
    MOST_QUESTIONS,
    PACE_LIMIT,
    PACE_WINDOW_MS,
    OwnQuestion,
    answer_question,
    ask_question,
    list_own_questions,
    list_questions,
)
from turnout.core.audience.entering import enter, send_entry_code
from turnout.core.audience.links import find_registered, find_viewer, make_token
from turnout.core.audience.permissions import (
    SESSION_MS,
    Grant,
    begin_session,
    forget_old_sessions,
    grant_reporting,
    list_reported_events,
    list_reporting_users,
    read_session,
    require_event,
    revoke_reporting,
    touch_session,
)
from turnout.core.audience.surveys import (
    Item,
    answer_survey,
    create_survey,
    list_own_answers,
    list_surveys,
    set_survey_open,
)
from turnout.core.events.model import EventState
from turnout.core.events.programme import create_event
from turnout.core.identity.members import find_password
from turnout.core.identity.staff import limit_colleague, limit_event
from turnout.core.identity.users import create_user
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.sources import note_source
from turnout.errors import Conflict, Denied, Gone, Invalid, Limited, Missing, Unauthenticated


def test_a_question_is_asked_and_answered(node, cinema):
    viewer, org_id = cinema.register("ann@example.com"), cinema.org_id
    asked = cinema.db.call(ask_question, org_id, viewer, cinema.talk.id, "  Why?\n")
    own = (org_id, cinema.event.id, viewer, cinema.talk.id)
    now = node.clock.now
    assert cinema.db.call(list_own_questions, *own) == [
        OwnQuestion(asked.id, "Why?", "", now, None)
    ]
    node.clock.advance(5)
    cinema.db.call(answer_question, org_id, asked.id, "Because.", actor="test")
    assert cinema.db.call(list_own_questions, *own) == [
        OwnQuestion(asked.id, "Why?", "Because.", now, now + 5000)
    ]
    (shown,) = cinema.db.call(list_questions, org_id, cinema.event.id)
    assert (shown.email, shown.question, shown.answer) == ("ann@example.com", "Why?", "Because.")
    for text in ("", "   ", "x" * 2001, "a\x00b"):
        with pytest.raises(Invalid):
            cinema.db.call(ask_question, org_id, viewer, cinema.talk.id, text)
    with pytest.raises(Missing):
        cinema.db.call(ask_question, org_id, viewer, cinema.silent.id, "Why?")
    with pytest.raises(Missing):
        cinema.db.call(answer_question, org_id, asked.id + 1000, "What?", actor="test")
    for number in range(MOST_QUESTIONS - 1):
        if number % PACE_LIMIT == 0:
            node.clock.advance(PACE_WINDOW_MS // 1000 + 1)
        cinema.db.call(ask_question, org_id, viewer, cinema.talk.id, f"Why {number}?")
    node.clock.advance(PACE_WINDOW_MS // 1000 + 1)
    with pytest.raises(Limited):
        cinema.db.call(ask_question, org_id, viewer, cinema.talk.id, "Why?")


def test_a_question_that_waits_is_asked_once_and_nobody_asks_faster_than_people(cinema):
    viewer, org_id = cinema.register("ann@example.com"), cinema.org_id
    whose = (org_id, viewer, cinema.talk.id)
    first = cinema.db.call(ask_question, *whose, "Why?")
    assert cinema.db.call(ask_question, *whose, " Why? ") == first
    for number in range(PACE_LIMIT - 1):
        cinema.db.call(ask_question, *whose, f"Why {number}?")
    with pytest.raises(Limited) as refused:
        cinema.db.call(ask_question, *whose, "Who?")
    assert (refused.value.code, refused.value.retry_after) == ("question.pace", 60)
    assert cinema.db.call(ask_question, *whose, "Why?") == first


ITEMS = (Item("How was it?", ("good", "bad")), Item("Anything else?"))


def test_a_survey_is_answered_and_answered_anew(cinema):
    viewer, org_id, event_id = cinema.register(), cinema.org_id, cinema.event.id
    survey = cinema.db.call(create_survey, org_id, event_id, "Feedback", ITEMS, actor="test")
    poll = cinema.db.call(
        create_survey,
        org_id,
        event_id,
        "Poll",
        ITEMS[:1],
        session_id=cinema.talk.id,
        is_poll=True,
        actor="test",
    )
    assert cinema.db.call(list_surveys, org_id, event_id) == [survey, poll]
    here = (org_id, viewer, cinema.talk.id)
    cinema.db.call(answer_survey, *here, survey.id, {0: "good", 1: "  "})
    cinema.db.call(answer_survey, *here, survey.id, {0: "bad", 1: " More. "})
    cinema.db.call(answer_survey, *here, poll.id, {0: "good"})
    assert cinema.db.call(list_own_answers, org_id, event_id, viewer) == {
        (survey.id, 0): "bad",
        (survey.id, 1): "More.",
        (poll.id, 0): "good",
    }
    cinema.db.call(answer_survey, *here, survey.id, {0: "bad", 1: " "})
    left = cinema.db.call(list_own_answers, org_id, event_id, viewer)
    assert left == {(survey.id, 0): "bad", (poll.id, 0): "good"}
    cinema.db.call(answer_survey, *here, survey.id, {1: "More."})
    cinema.db.call(answer_survey, *here, survey.id, {1: ""})
    assert cinema.db.call(list_own_answers, org_id, event_id, viewer) == left
    for given in ({}, {0: ""}, {1: ""}, {7: "x"}, {0: "splendid"}):
        with pytest.raises(Invalid):
            cinema.db.call(answer_survey, *here, survey.id, given)
    with pytest.raises(Missing):
        cinema.db.call(answer_survey, org_id, viewer, cinema.show.id, poll.id, {0: "good"})
    cinema.db.call(set_survey_open, org_id, poll.id, False, actor="test")
    with pytest.raises(Conflict):
        cinema.db.call(answer_survey, *here, poll.id, {0: "bad"})
    for items, options in (((), {}), (ITEMS, {"is_poll": True}), ((Item(""),), {})):
        with pytest.raises(Invalid):
            cinema.db.call(create_survey, org_id, event_id, "Poll", items, **options, actor="test")
    with pytest.raises(Missing):
        cinema.db.call(set_survey_open, org_id, 10**9, True, actor="test")
    with pytest.raises(Missing):
        cinema.db.call(
            create_survey, org_id, event_id, "Poll", ITEMS, session_id=10**9, actor="test"
        )


def test_a_link_leads_to_its_viewer_and_ends_with_the_registration(cinema):
    viewer = cinema.register("ann@example.com", first_name="Ann", last_name="Lee", sti="mail")
    token = cinema.db.call(make_token, cinema.org_id, viewer)
    found = cinema.db.call(find_viewer, token)
    assert found == (cinema.org_id, viewer, cinema.event.id, "ann@example.com", "Ann Lee")
    assert (
        cinema.db.call(find_registered, cinema.org_id, cinema.event.id, "ANN@example.com") == viewer
    )
    last = "0" if token[-1] != "0" else "1"
    for wrong in (token[:-1] + last, token[:-1], "1-2-3", "", token.replace("-", "--", 1)):
        with pytest.raises(Missing):
            cinema.db.call(find_viewer, wrong)
    cinema.db.call(note_source, cinema.org_id, viewer, "other")
    cinema.db.call(cancel_registration, cinema.org_id, viewer, actor="test")
    with pytest.raises(Gone):
        cinema.db.call(find_viewer, token)


HASHED = (
    "$argon2id$v=19$m=65536,t=3,p=4$4/vZrrjAxnBE5p/fJgVOBQ"
    "$CKBJD2MHeNUMYFhPiu+FhSIC0vQA/jI4SgQ32/L7c2M"
)


def test_a_session_is_good_for_an_hour_after_its_last_use(node, cinema):
    db, org_id = cinema.db, cinema.org_id
    code = f"reports{org_id}@example.com"
    user = db.call(
        create_user,
        org_id,
        code,
        name="Rita Report",
        email=code,
        password_hash=HASHED,
        actor="test",
    )
    login = db.call(find_password, code).principal
    with pytest.raises(Unauthenticated):
        db.call(begin_session, login)
    db.call(grant_reporting, org_id, user.id, [cinema.event.id], actor="test")
    si, ui = db.call(begin_session, login)
    assert [len(bytes.fromhex(text)) for text in (si, ui)] == [20, 20]
    assert db.call(begin_session, login)[1] == ui
    session = db.call(read_session, si, ui)
    assert session.principal == login
    for wrong in ((si, si), (ui, si), ("", ui), (si, "")):
        with pytest.raises(Unauthenticated):
            db.call(read_session, *wrong)
    node.clock.advance(3599)
    db.call(read_session, si, ui)
    db.call(touch_session, org_id, session.digest, node.clock.now)
    node.clock.advance(3599)
    db.call(read_session, si, ui)
    node.clock.advance(1)
    with pytest.raises(Unauthenticated):
        db.call(read_session, si, ui)
    db.call(read_session, si, ui, {session.digest: node.clock.now - 10})
    node.clock.advance(2 * SESSION_MS / 1000)
    assert db.call(forget_old_sessions, 10) >= 1
    si, ui = db.call(begin_session, login)
    db.call(revoke_reporting, org_id, user.id, actor="test")
    with pytest.raises(Unauthenticated):
        db.call(read_session, si, ui)
    with pytest.raises(Missing):
        db.call(revoke_reporting, org_id, user.id, actor="test")


def test_a_user_sees_the_events_that_are_granted(cinema):
    db, org_id = cinema.db, cinema.org_id
    code = f"reports{org_id}b@example.com"
    user = db.call(
        create_user, org_id, code, name="R", email=code, password_hash=HASHED, actor="test"
    )
    login = db.call(find_password, code).principal
    other = db.call(create_event, org_id, "Other", WHEN, actor="test")
    draft = db.call(create_event, org_id, "Draft", WHEN, state=EventState.DRAFT, actor="test")
    db.call(grant_reporting, org_id, user.id, [cinema.event.id], actor="test")
    assert [event.id for event in db.call(list_reported_events, login)] == [cinema.event.id]
    assert db.call(require_event, login, cinema.event.id).title == "Premiere"
    with pytest.raises(Denied):
        db.call(require_event, login, other.id)
    assert db.call(list_reporting_users, org_id) == [Grant(user.id, code, False, 1)]
    db.call(grant_reporting, org_id, user.id, None, actor="test")
    assert [event.id for event in db.call(list_reported_events, login)] == [cinema.event.id]
    db.call(show_something, org_id, other)
    assert [event.id for event in db.call(list_reported_events, login)] == [
        cinema.event.id,
        other.id,
    ]
    assert db.call(require_event, login, other.id).id == other.id
    # All are those that the user sees elsewhere; a list is what it says.
    for is_limited, named, seen in (
        (True, [other.id], [other.id]),
        (False, [], [cinema.event.id]),
        (False, [other.id], [cinema.event.id, other.id]),
    ):
        db.call(limit_event, org_id, other.id, is_limited=not is_limited, actor="test")
        db.call(limit_colleague, org_id, user.id, named, is_limited=is_limited, actor="test")
        assert [event.id for event in db.call(list_reported_events, login)] == seen
        for event_id in {cinema.event.id, other.id} - set(seen):
            with pytest.raises(Denied):
                db.call(require_event, login, event_id)
    for missing in (draft.id, 9_999_999):
        with pytest.raises(Missing):
            db.call(require_event, login, missing)
    with pytest.raises(Missing):
        db.call(grant_reporting, org_id, user.id, [9_999_999], actor="test")
    assert LIVE_FROM > MINUTE


def test_a_code_sent_to_the_address_opens_the_page(cinema):
    db, org_id, event_id = cinema.db, cinema.org_id, cinema.event.id
    viewer = cinema.register("ann@example.com")
    db.call(send_entry_code, org_id, event_id, "stranger@example.com")
    db.call(send_entry_code, org_id, event_id, "ann@example.com", "123456")
    for email, entered in (
        ("ann@example.com", "654321"),
        ("stranger@example.com", "123456"),
        ("nobody", "123456"),
    ):
        refusal = db.call(enter, org_id, event_id, email, entered, "192.0.2.1")
        assert isinstance(refusal, Unauthenticated)
    token = db.call(enter, org_id, event_id, "Ann@Example.com", " 123456 ", "192.0.2.1")
    assert db.call(find_viewer, token).registration_id == viewer
    assert isinstance(
        db.call(enter, org_id, event_id, "ann@example.com", "123456", "192.0.2.1"), Unauthenticated
    )
    with pytest.raises(Invalid):
        db.call(send_entry_code, org_id, event_id, "nobody")
