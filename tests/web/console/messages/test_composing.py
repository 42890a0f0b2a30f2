"""A message from its purpose to the job: checked, tried out, sent, scheduled, refused."""

import html
import re
from typing import Any

import pytest

from tests.core.messaging.jobs import job
from tests.support.builder import WHEN, Builder, contact
from tests.support.node import LocalNode
from tests.support.sounds import make_wav
from tests.web.console.desk import Desk
from tests.web.console.test_event_flows import done_of
from tests.web.console.test_event_news import Stage
from turnout.core.events.model import EventState
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.lists import (
    Entry,
    add_entries,
    begin_list,
    finish_list,
    list_lists,
)
from turnout.core.people.model import Contact
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.places import set_event_capacity
from turnout.core.senders.domains import add_domain, record_check, remove_domain
from turnout.core.senders.keys import NewKey
from turnout.core.senders.model import Found
from turnout.store import Tx

MAIL = {
    "channel": "email",
    "purpose": "service",
    "name": "Doors",
    "subject": "Doors open, %%FirstName%%",
    "text": "Hello %%FirstName%%, see you at %%Event%%.",
    "mail_sender": "hosts@example.com",
    "dedupe": "1",
    "when": "now",
    "number": "1",
}


@pytest.fixture
def stage(node: LocalNode, org_id: OrgId, desk: Desk) -> Stage:
    return Stage(node, org_id, desk, EventState.OPEN)


def write(stage: Stage, tail: str = "", **fields: Any) -> Any:
    given = MAIL | {"to": f"event:{stage.id}", "once": f"{stage.id}-{fields}"} | fields
    return stage.send(f"/messages/new{tail}", "/messages/new", **given)


def sent(answer: Any) -> JobId:
    """The job that a form made."""
    assert answer.status == 303, answer.body.decode()
    return JobId(int(answer.headers["location"].partition("?")[0].rpartition("/")[2]))


def test_a_mail_is_checked_then_sent_to_a_live_list(stage: Stage) -> None:
    before = stage.jobs()
    page = write(stage, check="1").body.decode()
    assert "2 people get it" in page
    assert "Send to 2 people now" in page
    assert "Doors open, Ann" in page
    assert f"see you at {stage.title}." in page
    assert "unsubscribe" not in page.partition('class="phone"')[2].lower()
    assert stage.jobs() == before
    answer = write(stage, send="1", once="one")
    number = sent(answer)
    assert done_of(answer) == "sent"
    overview = stage.desk.read(stage.base)
    assert f'messages/{number}">Doors</a></b><span class="soft">Now</span>' in overview
    assert "1970" not in overview
    again = write(stage, send="1", once="one")
    assert sent(again) == number
    kept = job(stage.db, number, "list_ids", "options", "sender", "name")
    options = f'{{"purpose":"service","event":"{stage.id}"}}'
    assert kept == (f'["event:{stage.id}"]', options, "hosts@example.com", "Doors")
    assert "Doors" in stage.desk.read(f"{stage.base}/messages?purpose=service")
    said = f"{stage.title}: Everybody who is registered"
    assert said in stage.desk.read(f"{stage.base}/messages/{number}")


def test_a_title_with_odd_signs_is_escaped_once(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    def make(tx: Tx) -> None:
        Builder.of(tx, get_organization(tx, "rail")).event("Bridge <Builders> & Day", WHEN)

    node.db.call(make)
    page = desk.read("/console/rail/messages/new")
    assert "Registered for Bridge &lt;Builders&gt; &amp; Day</option>" in page


def test_marketing_says_who_is_left_out(stage: Stage) -> None:
    page = write(stage, check="1", purpose="marketing", consented="1").body.decode()
    assert "2 left out: did not agree to marketing" in page
    assert "0 people get it" in page
    assert "Send to" not in page.replace("Send test", "")


def test_what_is_missing_is_said_and_what_was_typed_is_kept(stage: Stage) -> None:
    wrong = write(
        stage, check="1", purpose="", to="", subject="", mail_sender="me@", name="Kept <b>"
    )
    page = wrong.body.decode()
    assert wrong.status == 422
    for name in ("purpose", "to", "subject", "mail_sender"):
        assert f'<a href="#f-{name}">' in page
    assert "Kept &lt;b&gt;" in page
    other = Stage(stage.node, stage.org_id, stage.desk, EventState.OPEN)
    foreign = write(stage, send="1", to=f"event:{other.id}")
    assert foreign.status == 422
    assert '<a href="#f-to">' in foreign.body.decode()


def test_buttons_turn_channel_person_and_field_without_losing_words(stage: Stage) -> None:
    page = write(stage, to_channel="sms", text="Kept words").body.decode()
    assert 'name="channel" value="sms"' in page
    assert '<input type="hidden" name="subject" value="Doors open, %%FirstName%%">' in page
    assert "Kept words" in page
    assert "There is a problem" not in page
    page = write(stage, turn="next").body.decode()
    assert "As Bob" in page
    page = write(stage, insert="FirstName", text="Hi ").body.decode()
    assert "Hi %%FirstName%%</textarea>" in page


def test_the_first_who_gets_it_is_shown_and_who_does_not(stage: Stage) -> None:
    stage.db.call(set_event_capacity, stage.org_id, stage.id, 9, actor="test")
    contact = Contact(
        email="zoe@example.com", first_name="Zoe", last_name="Z", phone="+61412345678"
    )
    stage.db.call(add_by_staff, stage.org_id, stage.id, contact, actor="test")
    sms = {"channel": "sms", "sender": "", "text": "Hi %%FirstName%%", "number": ""}
    page = write(stage, turn_to="", **sms).body.decode()
    assert "As Zoe Z" in page
    assert 'name="shown" value="3"' in page
    names = page.partition("Others get nothing:")[2].partition("</div>")[0]
    assert all(part in names for part in ("Ann", "Bob", "no valid address or number"))
    page = write(stage, check="1", **sms).body.decode()
    assert "As Zoe Z" in page
    left_out = page.partition("2 left out: no valid address or number")[2].partition("</li>")[0]
    assert "Ann" in left_out
    assert "As Bob" in write(stage, turn="before", shown="3", **sms).body.decode()
    assert "As Ann" in write(stage, number="0", shown="2").body.decode()


def test_a_text_shows_parts_alphabet_and_price(stage: Stage) -> None:
    stage.db.call(set_event_capacity, stage.org_id, stage.id, 9, actor="test")
    named = {"email": "zoe@example.com", "first_name": "Zoe", "last_name": "Z"}
    contact = Contact(**named, phone="+61412345678")
    stage.db.call(add_by_staff, stage.org_id, stage.id, contact, actor="test")
    sms = {"channel": "sms", "sender": "", "text": "ш" * 71, "number": "3"}
    page = write(stage, check="1", **sms).body.decode()
    assert "Unicode, because of ш" in page
    assert "2 parts" in page
    assert "left out: no valid address or number" in page
    assert "1 person gets it" in page
    number = sent(write(stage, send="1", two_way="1", **sms))
    assert job(stage.db, number, "job_type") == ("2 Way SMS",)


def test_it_is_scheduled_in_the_zone_of_the_event(stage: Stage) -> None:
    page = write(stage, check="1", when="later", at="2098-05-12T07:30").body.decode()
    assert "Schedule for" in page
    answer = write(stage, send="1", when="later", at="2098-05-12T07:30")
    assert done_of(answer) == "scheduled"
    assert job(stage.db, sent(answer), "scheduled_at") == (4_050_711_000_000,)
    to_bob = {"to": "filter", "once": "bob", "name": "To Bob"}
    marked = sent(write(stage, "?q=bob", send="1", when="later", at="2098-05-13T07:30", **to_bob))
    overview = stage.desk.read(stage.base)
    assert f'href="{stage.base}/messages/{marked}"' in overview
    assert "To Bob" in overview
    past = write(stage, send="1", when="later", at="2020-05-12T07:30")
    assert past.status == 422
    assert '<a href="#f-at">' in past.body.decode()


def test_a_time_that_is_none_is_refused_at_the_check(stage: Stage) -> None:
    for at, why in (("2027-03-28T02:30", "does not exist in"), ("2020-05-12T07:30", "future")):
        page = html.unescape(write(stage, check="1", when="later", at=at).body.decode())
        assert '<a href="#f-at">' in page, at
        assert why in page
        assert "Schedule for" not in page
        assert write(stage, send="1", when="later", at=at).status == 422
    twice = write(stage, check="1", when="later", at="2027-10-31T02:30").body.decode()
    assert "it goes out the first time" in twice
    number = sent(write(stage, send="1", when="later", at="2027-10-31T02:30"))
    assert job(stage.db, number, "scheduled_at") == (1_824_942_600_000,)
    assert "twice" not in write(stage, check="1", when="later", at="2027-10-30T02:30").body.decode()


def test_the_check_says_that_a_second_person_approves(stage: Stage) -> None:
    def above(count: int) -> None:
        change = OrganizationChange(approval_above=count)
        stage.db.call(change_organization, stage.org_id, change, actor="test")

    stage.db.call(set_event_capacity, stage.org_id, stage.id, 3, actor="test")
    cid = stage.db.call(
        add_by_staff, stage.org_id, stage.id, contact("cid"), actor="test"
    ).registration_id
    above(2)
    page = write(stage, check="1").body.decode()
    answer = write(stage, send=re.findall('name="send" value="([^"]+)"', page)[0], to="filter")
    above(0)
    assert "another user who may send messages has to approve it" in page
    assert "Ask for approval" in page
    assert "Send to" not in page
    assert done_of(answer) == "held"
    assert "waits for approval: nobody gets it" in stage.desk.read(answer.headers["location"])
    assert "“Doors” waits for approval" in stage.desk.read(f"{stage.base}/people/{cid}")
    assert "Ask for approval" not in write(stage, check="1").body.decode()


def test_a_test_goes_to_one_address_alone(stage: Stage) -> None:
    number = sent(write(stage, test="1", test_to="me@example.com"))
    rows = stage.db.call(
        lambda tx: tx.connection.execute(
            f"SELECT destination, name FROM recipients WHERE job_id = {number}"
        ).fetchall()
    )
    assert [tuple(row) for row in rows] == [("me@example.com", "Ann Guest")]
    assert job(stage.db, number, "name") == ("Test: Doors",)


def test_what_stands_in_from_is_said_before_it_is_sent(stage: Stage, org_id: OrgId) -> None:
    page = html.unescape(write(stage, check="1", from_name="Acme").body.decode())
    assert "From: Acme via " in page
    assert "Answers go to hosts@example.com." in page
    keys = [NewKey("t1r", "rsa", "PEM", "AAAA")]
    stage.db.call(add_domain, org_id, "example.com", keys, actor="test")
    stage.db.call(
        record_check, org_id, "example.com", {"t1r": Found.YES}, Found.MISSING, actor="test"
    )
    page = html.unescape(write(stage, check="1", from_name="Acme").body.decode())
    assert "From: Acme <hosts@example.com>" in page
    assert "Answers go to" not in page
    stage.db.call(remove_domain, org_id, "example.com", actor="test")


def test_what_stood_in_from_is_said_of_what_was_sent(stage: Stage, org_id: OrgId) -> None:
    """As it left, whatever was verified since."""
    number = sent(write(stage, send="1", from_name="Acme", once="from"))
    path = f"/console/{stage.id}/messages/{number}"
    via = "Acme via .* <"
    assert re.search(via, html.unescape(stage.desk.read(path)))
    assert "It does not come from hosts@example.com itself" in stage.desk.read(path)
    started = "UPDATE jobs SET started_at = {} WHERE id = {}"
    stage.db.call(lambda tx: tx.connection.execute(started.format(tx.now, number)) and None)
    stage.node.clock.advance(60)
    keys = [NewKey("t2r", "rsa", "PEM", "AAAA")]
    stage.db.call(add_domain, org_id, "example.com", keys, actor="test")
    found = {"t2r": Found.YES}
    stage.db.call(record_check, org_id, "example.com", found, Found.MISSING, actor="test")
    assert re.search(via, html.unescape(stage.desk.read(path)))
    later = sent(write(stage, send="1", from_name="Acme", once="later"))
    shown = html.unescape(stage.desk.read(f"/console/{stage.id}/messages/{later}"))
    assert "Acme <hosts@example.com>" in shown
    invitation = f"/console/{stage.id}/invitations/new"
    given = {"sender_email": "hosts@elsewhere.example", "sender_name": "Acme", "preview": "1"}
    given |= {"subject": "Come", "body": "%%link%%"}
    page = html.unescape(stage.desk.send(invitation, invitation, **given).body.decode())
    assert re.search("From: Acme via .*Answers go to hosts@elsewhere.example", page)
    stage.db.call(remove_domain, org_id, "example.com", actor="test")


@pytest.mark.parametrize("name", ["first_name", "firstname", "First Name", "FIRST-NAME"])
def test_a_merge_field_is_known_by_any_spelling(stage: Stage, name: str) -> None:
    texts = {"text": f"Hello %%{name}%%.", "subject": f"For %%{name}%%"}
    page = write(stage, check="1", **texts).body.decode()
    assert ("Hello Ann." in page, "For Ann" in page, "Nobody has" in page) == (True, True, False)
    number = sent(write(stage, send="1", once=f"{stage.id}-{name}", **texts))
    (content,) = job(stage.db, number, "content")
    assert re.findall(r"%%(.*?)%%", content)[0].lower() == "firstname"


def test_an_unknown_merge_field_is_said_with_the_one_that_is_like_it(stage: Stage) -> None:
    page = html.unescape(write(stage, text="Hello %%fristname%%.").body.decode())
    assert "Nobody has the field fristname: it is empty for everybody." in page
    assert "Is %%fristname%% meant to be %%FirstName%%?" in page
    page = html.unescape(write(stage, text="%%zzz%%").body.decode())
    assert ("Nobody has the field zzz" in page, "meant to be" in page) == (True, False)


def test_a_message_with_an_unknown_field_is_not_sent_by_mistake(stage: Stage) -> None:
    texts = {"text": "Hello %%fristname%% and %event%%.", "subject": "For %%zzz%%"}
    for asked in ({"check": "1"}, {"send": "1", "once": f"{stage.id}-unknown"}):
        answer = write(stage, **asked, **texts)
        page = html.unescape(answer.body.decode())
        assert answer.status == 422
        assert "Nobody has a field %%fristname%%, %event%%. Is %%fristname%% meant to be" in page
        assert "Nobody has a field %%zzz%%. " in page
        assert 'name="anyway"' in page
    assert 'name="anyway"' not in write(stage, check="1", text="Hello.").body.decode()
    number = sent(write(stage, send="1", anyway="1", once=f"{stage.id}-anyway", **texts))
    (content,) = job(stage.db, number, "content")
    assert "fristname" in content


def test_those_whom_nothing_reaches_are_said_as_left_out(stage: Stage) -> None:
    nobody = Contact(email="", first_name="Dot", last_name="Nowhere")
    stage.db.call(set_event_capacity, stage.org_id, stage.id, 3, actor="test")
    stage.db.call(add_by_staff, stage.org_id, stage.id, nobody, actor="test", needs_address=False)
    for to in (f"event:{stage.id}", "filter", f"event:{stage.id}:unchecked"):
        page = write(stage, check="1", to=to).body.decode()
        assert "2 people get it" in page
        assert "of 3" in page
        assert "1 left out: neither address nor number" in page
    page = write(stage, check="1", to=f"event:{stage.id}:checked").body.decode()
    assert "neither address" not in page


def test_a_questions_name_is_known_before_anybody_answers(stage: Stage) -> None:
    question = ("Shirt", "Which T-shirt do you wear?")
    change = QuestionChange(name=question[0], label=question[1])
    stage.db.call(add_question, stage.org_id, stage.id, change, actor="test")
    page = html.unescape(write(stage, check="1", text="Size %%shirt%%").body.decode())
    assert "Nobody has a value for the field Shirt yet: it is empty for everybody." in page
    assert ("Nobody has a field" in page, "meant to be" in page) == (False, False)
    text = f"Size %%{question[1]}%%, 5%%, then 10%% more"
    wrong = html.unescape(write(stage, check="1", text=text).body.decode())
    assert f"%%{question[1]}%% is no merge field, and is sent as it is" in wrong
    assert f"Is %%{question[1]}%% meant to be %%Shirt%%?" in wrong


def test_what_lacks_a_sign_to_be_a_field_is_said(stage: Stage) -> None:
    text = "Hello %% First Name %%, %%fristname% and %event%%, 100% sure."
    page = html.unescape(write(stage, check="1", text=text).body.decode())
    assert "Hello Ann, %%fristname% and %event%%, 100% sure." in page
    assert "%%fristname%, %event%% is no merge field, and is sent as it is" in page
    assert "Is %%fristname% meant to be %%FirstName%%?" in page
    assert "Is %event%% meant to be %%Event%%?" in page


def test_those_of_a_filter_are_written_to(stage: Stage) -> None:
    page = stage.desk.read(f"{stage.base}/messages/new?q=bob&to=filter")
    assert "Those of the filtered registrations" in page
    number = sent(write(stage, "?q=bob", to="filter", send="1"))
    assert job(stage.db, number, "total", "list_ids") == (1, "[]")
    nobody = write(stage, "?q=zzzz", to="filter", send="1")
    assert nobody.status == 422
    assert "Nobody is on this list." in nobody.body.decode()


def test_an_uploaded_list_is_written_to_from_the_organization(
    stage: Stage, desk: Desk, org_id: OrgId
) -> None:
    user_id = stage.db.call(lambda tx: _own(tx))
    list_id = stage.db.call(begin_list, org_id, user_id, "Press")
    stage.db.call(add_entries, org_id, list_id, 1, [Entry(recipient="Zoe", email="zoe@p.example")])
    stage.db.call(finish_list, org_id, list_id, 1, actor="test")
    path = "/console/rail/messages/new"
    texts = {"subject": "News", "text": "Hi %%recipient%%"}
    given = MAIL | {"to": str(list_id), "once": "list"} | texts
    assert "List Press (1)" in desk.read(path)
    page = desk.send(path, path, check="1", **given).body.decode()
    assert "Hi Zoe" in page
    number = sent(desk.send(path, path, send="1", **given))
    assert job(stage.db, number, "list_ids") == (f'["{list_id}"]',)
    assert f'href="{path}?like={number}"' in desk.read(path)
    like = desk.read(f"{path}?like={number}")
    assert "Hi %%recipient%%</textarea>" in like


def test_a_list_is_uploaded_while_a_message_is_written(stage: Stage, org_id: OrgId) -> None:
    before = stage.db.call(list_lists, org_id)
    typed = {"subject": "Half a subj", "to": "", "keep": ""}
    people = b"Name,Email\nZoe,zoe@p.example\nBob,bob@\n"
    wrong = upload(stage, "press.csv", people, "list_file", make_list="1", **typed)
    page = wrong.body.decode()
    assert wrong.status == 422
    assert "Rows that cannot be taken: 1." in page
    assert "bob@" in page
    assert 'value="Half a subj"' in page
    assert stage.db.call(list_lists, org_id) == before
    right = people.replace(b"bob@", b"bob@p.example")
    made = upload(stage, "press.csv", right, "list_file", make_list="1", **typed)
    page = made.body.decode()
    (known,) = stage.db.call(list_lists, org_id)[len(before) :]
    assert (made.status, known.name, known.entries) == (200, "press", 2)
    assert f'<option value="{known.id}" selected>' in page
    assert 'value="Half a subj"' in page
    assert "The list is made" in page


def test_a_recording_is_uploaded_once_and_kept_through_the_check(stage: Stage) -> None:
    voice = {"channel": "voice", "text": "", "sender": ""}
    missing = write(stage, check="1", **voice)
    assert missing.status == 422
    assert "Upload a recording." in missing.body.decode()
    wrong = upload(stage, "song.mp3", b"ID3", **voice)
    assert wrong.status == 422
    assert "Choose a file of one of these kinds: wav." in wrong.body.decode()
    broken = upload(stage, "noise.wav", b"RIFF0000WAVE", **voice)
    assert broken.status == 422
    assert 'href="#f-upload">The recording is damaged' in broken.body.decode()
    sound = make_wav()
    kept = upload(stage, "welcome.wav", sound, **voice)
    page = kept.body.decode()
    assert "welcome.wav" in page
    digest = page.partition('name="file_digest" value="')[2][:64]
    number = sent(write(stage, send="1", file_digest=digest, file_name="welcome.wav", **voice))
    (content,) = job(stage.db, number, "content")
    assert '"name":"welcome.wav","content_type":"audio/x-wav"' in content
    assert f'"size":{len(sound)}' in content
    gone = write(stage, send="1", file_digest="0" * 64, file_name="x.wav", **voice)
    assert gone.status == 422


def upload(stage: Stage, name: str, content: bytes, field: str = "upload", **fields: Any) -> Any:
    """Send the form with a file in it, as browsers do."""
    token = stage.desk.read(f"{stage.base}/messages/new").partition('name="token" value="')[2]
    given = MAIL | {"to": f"event:{stage.id}", "keep": "1"} | fields
    parts = [("token", token.partition('"')[0]), *given.items()]
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in parts
    )
    head = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    body += head.encode() + content + b"\r\n--b--\r\n"
    headers = stage.desk.headers | {"Content-Type": "multipart/form-data; boundary=b"}
    return stage.desk.client.request(
        "POST", f"{stage.base}/messages/new", headers=headers, body=body
    )


def _own(tx: Any) -> Any:
    from turnout.core.identity.members import find_password

    found = find_password(tx, "rail/owner")
    assert found is not None
    return found.principal.user_id
