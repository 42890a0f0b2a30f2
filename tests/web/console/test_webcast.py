"""Webcasts in the console: what sessions show, and the presenter's questions and polls."""

import html
import re

import pytest

from tests.core.audience.cinema import LIVE_FROM, MINUTE, Cinema, open_cinema
from tests.support.builder import make_organization
from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from turnout.core.audience.asking import ask_question, list_questions
from turnout.core.audience.links import make_token
from turnout.core.audience.media import find_media
from turnout.core.audience.model import MediaKind, Mode
from turnout.core.audience.surveys import answer_survey, list_surveys
from turnout.core.audience.viewings import correct_viewing
from turnout.core.identity.model import Role
from turnout.core.ids import OrgId, QuestionId, RegistrationId

FIGURE = re.compile(r"<div><dt>([^<]+)</dt><dd>([\d,]+)")


@pytest.fixture(scope="module")
def house(node: LocalNode) -> OrgId:
    node.clock.now = LIVE_FROM + 10 * MINUTE
    return node.db.call(make_organization, "screen", "Screen House")


@pytest.fixture(scope="module")
def owner(node: LocalNode, house: OrgId) -> Desk:
    return add_user(node, house, "screen/owner", Role.ADMIN)


@pytest.fixture(scope="module")
def cinema(node: LocalNode, house: OrgId) -> Cinema:
    return open_cinema(node.db, house)


@pytest.fixture(scope="module")
def viewer(node: LocalNode, house: OrgId, cinema: Cinema) -> RegistrationId:
    """Somebody who watches the talk now."""
    viewer = cinema.register("ada@example.com", first_name="Ada", last_name="Quartz")
    span = (LIVE_FROM, LIVE_FROM + 10 * MINUTE)
    node.db.call(correct_viewing, house, viewer, cinema.talk.id, Mode.LIVE, span, actor="test")
    return viewer


def base(cinema: Cinema) -> str:
    return f"/console/{cinema.event.id}/webcast"


def presenter(cinema: Cinema) -> str:
    return f"{base(cinema)}/{cinema.talk.id}/present"


def ask(node: LocalNode, cinema: Cinema, viewer: RegistrationId, text: str) -> QuestionId:
    return node.db.call(ask_question, cinema.org_id, viewer, cinema.talk.id, text).id


def act(owner: Desk, cinema: Cinema, **fields: object) -> Answer:
    return owner.send(presenter(cinema), presenter(cinema), **fields)


def watch(node: LocalNode, cinema: Cinema, viewer: RegistrationId) -> str:
    token = node.db.call(make_token, cinema.org_id, viewer)
    path = f"/watch/{cinema.talk.pak}/{token}"
    answer = node.client.request("GET", path, headers={"Accept": "text/html"})
    assert answer.status == 200
    return html.unescape(answer.body.decode())


def test_sessions_say_what_they_show_and_who_watches(
    owner: Desk, cinema: Cinema, viewer: RegistrationId
) -> None:
    page = owner.read(base(cinema))
    assert dict(FIGURE.findall(page))["Watching now"] == "1"
    rows = re.findall(r"<tr><th scope=.row.>(.*?)</tr>", page, re.DOTALL)
    words = [re.sub(r"<[^>]+>", " ", row).split() for row in rows]
    assert [row[0] for row in words] == ["Talk", "Show", "Silent"]
    assert "Live" in words[0]
    assert words[1][words[1].index("As") :][:3] == ["As", "if", "live"]
    assert "Set up" in rows[2]


def test_a_session_is_set_up_changed_and_shows_nothing_again(
    node: LocalNode, owner: Desk, cinema: Cinema, house: OrgId
) -> None:
    path = f"{base(cinema)}/{cinema.silent.id}"
    given = {"url": "https://media.example.com/a.m3u8", "how": "simulated"}
    times = {"live_from": "2027-01-04T15:10", "live_until": "2027-01-04T15:50"}
    done = owner.send(path, path, **given, **times)
    assert done.headers["location"] == f"{base(cinema)}?done=saved"
    media = node.db.call(find_media, house, cinema.silent.id)
    assert media is not None
    assert (media.kind, media.is_simulated, media.is_on_demand) == (MediaKind.HLS, True, False)
    assert (media.live_from, media.live_until) == (
        LIVE_FROM + 10 * MINUTE,
        LIVE_FROM + 50 * MINUTE,
    )
    page = owner.read(path)
    assert 'value="2027-01-04T15:10"' in page
    assert "Show nothing in \u201cSilent\u201d any more?" in owner.read(f"{path}?ask=remove")
    done = owner.send(path, path, remove="1")
    assert done.headers["location"] == f"{base(cinema)}?done=removed"
    assert node.db.call(find_media, house, cinema.silent.id) is None
    assert owner.send(path, path, remove="1").status == 404


def test_what_cannot_be_is_said_beside_its_field_and_kept(owner: Desk, cinema: Cinema) -> None:
    path = f"{base(cinema)}/{cinema.silent.id}"
    answer = owner.send(path, path, url="ftp://x", how="live")
    page = answer.body.decode()
    assert answer.status == 422
    assert '<a href="#f-url">The address must begin with https://, http:// or /.</a>' in page
    assert 'value="ftp://x"' in page
    times = {"live_from": "2027-01-04T16:00", "live_until": "2027-01-04T15:00"}
    answer = owner.send(path, path, url="/a.mp4", how="live", **times)
    assert answer.status == 422
    assert 'id="e-live_until"' in answer.body.decode()


def test_a_question_is_answered_to_one_or_to_all(
    node: LocalNode, owner: Desk, cinema: Cinema, viewer: RegistrationId
) -> None:
    other = cinema.register("bob@example.com")
    number = ask(node, cinema, viewer, "When is lunch?")
    page = owner.read(presenter(cinema))
    assert "When is lunch?" in page
    assert "Ada Quartz" in page
    form = owner.read(f"{presenter(cinema)}?answer={number}")
    assert "Answer Ada Quartz" in form
    empty = act(owner, cinema, do="answer", question=number, answer=" ")
    assert empty.status == 422
    assert 'id="e-answer"' in empty.body.decode()
    done = act(owner, cinema, do="answer", question=number, answer="At noon.")
    assert done.headers["location"] == f"{presenter(cinema)}?done=answer"
    assert "When is lunch?" not in owner.read(presenter(cinema))
    assert "At noon." in owner.read(f"{presenter(cinema)}?state=answered")
    assert "At noon." in watch(node, cinema, viewer)
    assert "At noon." not in watch(node, cinema, other)
    act(owner, cinema, do="publish", question=number)
    seen = watch(node, cinema, other)
    assert "At noon." in seen
    assert "Quartz" not in seen
    assert "shown to all" in owner.read(f"{presenter(cinema)}?state=published")
    act(owner, cinema, do="take_back", question=number)
    assert "At noon." not in watch(node, cinema, other)


def test_a_question_is_dismissed_and_put_back(
    node: LocalNode, owner: Desk, cinema: Cinema, viewer: RegistrationId
) -> None:
    number = ask(node, cinema, viewer, "Rude?")
    act(owner, cinema, do="publish", question=number)
    act(owner, cinema, do="dismiss", question=number)
    other = cinema.register("cyd@example.com")
    assert "Rude?" not in watch(node, cinema, other)
    assert "Rude?" not in owner.read(presenter(cinema))
    assert "Rude?" in owner.read(f"{presenter(cinema)}?state=dismissed")
    act(owner, cinema, do="reopen", question=number)
    assert "Rude?" in owner.read(presenter(cinema))


def test_questions_of_other_events_are_not_there(
    node: LocalNode, owner: Desk, cinema: Cinema, house: OrgId
) -> None:
    there = open_cinema(node.db, house)
    number = ask(node, there, there.register(), "Elsewhere?")
    for do in ("publish", "dismiss", "reopen", "take_back"):
        assert act(owner, cinema, do=do, question=number).status == 404
    refused = act(owner, cinema, do="answer", question=number, answer="No.")
    assert refused.status == 422
    (question,) = node.db.call(list_questions, house, there.event.id)
    assert question.answer == ""
    assert act(owner, cinema, do="burn").status == 404


def test_a_poll_is_opened_counted_and_closed(
    node: LocalNode, owner: Desk, cinema: Cinema, viewer: RegistrationId, house: OrgId
) -> None:
    poll = {"do": "poll", "kind": "poll", "title": "Sound"}
    refused = act(owner, cinema, **poll, items="Loud enough?")
    assert refused.status == 422
    assert "two choices at least" in refused.body.decode()
    assert "Loud enough?" in refused.body.decode()
    done = act(owner, cinema, **poll, items="Loud enough? | Yes | No")
    assert done.headers["location"] == f"{presenter(cinema)}?done=poll"
    (survey,) = node.db.call(list_surveys, house, cinema.event.id)
    assert (survey.is_poll, survey.session_id) == (True, cinema.talk.id)
    node.db.call(answer_survey, house, viewer, cinema.talk.id, survey.id, {0: "Yes"})
    page = owner.read(presenter(cinema))
    assert '<span>Yes</span><span class="num">1 \u00b7 100 %</span>' in page
    act(owner, cinema, do="close", survey=survey.id)
    assert "Loud enough?" not in watch(node, cinema, viewer)
    act(owner, cinema, do="open", survey=survey.id)
    assert "Loud enough?" in watch(node, cinema, viewer)


def test_many_questions_are_paged(
    node: LocalNode, owner: Desk, cinema: Cinema, house: OrgId
) -> None:
    askers = [cinema.register(f"asker{number}@example.com") for number in range(6)]
    for number in range(51):
        ask(node, cinema, askers[number % 6], f"Question {number}.")
    page = owner.read(presenter(cinema))
    assert "Question 50." in page
    assert "Question 0." not in page
    (link,) = re.findall(r'rel="next" href="([^"]+)"', page)
    assert "Question 0." in owner.read(html.unescape(link))


def upload(owner: Desk, page: str, **fields: bytes) -> Answer:
    """The answer to a file that was uploaded on a page."""
    token = re.findall(r'name="token" value="([^"]+)"', owner.read(page))[0]
    parts = [
        b'--B\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        % (name.encode(), b'; filename="talk.vtt"' if name == "file" else b"", value)
        for name, value in {"token": token.encode(), **fields}.items()
    ]
    headers = owner.headers | {"Content-Type": "multipart/form-data; boundary=B"}
    return owner.client.request("POST", page, headers=headers, body=b"".join(parts) + b"--B--\r\n")


def test_what_was_typed_is_kept_on_the_way_to_the_captions(
    node: LocalNode, owner: Desk, cinema: Cinema, house: OrgId
) -> None:
    path = f"{base(cinema)}/{cinema.silent.id}"
    there = f"{path}/captions"
    untouched = owner.send(path, path, how="live", on_demand="1", captions="1")
    assert untouched.headers["location"] == there
    assert node.db.call(find_media, house, cinema.silent.id) is None
    typed = owner.send(path, path, how="live", url="/a.mp4", captions="1")
    assert typed.headers["location"] == f"{there}?done=saved"
    media = node.db.call(find_media, house, cinema.silent.id)
    assert media is not None
    assert media.url == "/a.mp4"
    assert "The session is set up." in owner.read(f"{there}?done=saved")
    wrong = owner.send(path, path, how="live", url="ftp://x", captions="1")
    assert (wrong.status, 'value="ftp://x"' in wrong.body.decode()) == (422, True)
    owner.send(path, path, remove="1")


def test_captions_are_of_a_known_language(owner: Desk, cinema: Cinema) -> None:
    page = f"{base(cinema)}/{cinema.talk.id}/captions"
    said = b"WEBVTT\n\n00:01.000 --> 00:04.000\nHello\n"
    wrong = upload(owner, page, language=b"xq", file=said)
    assert wrong.status == 422
    assert '<a href="#f-language">' in wrong.body.decode()


def test_captions_are_uploaded_served_for_good_and_removed(
    node: LocalNode, owner: Desk, cinema: Cinema, viewer: RegistrationId
) -> None:
    page = f"{base(cinema)}/{cinema.talk.id}/captions"
    assert "No captions yet." in owner.read(page)
    wrong = upload(owner, page, language=b"de", file=b"Hallo")
    assert (wrong.status, "does not begin with WEBVTT" in wrong.body.decode()) == (422, True)
    assert upload(owner, page, language=b"de", file=b"").status == 422
    said = b"WEBVTT\n\n00:01.000 --> 00:04.000\nGuten Tag\n"
    assert upload(owner, page, language=b"de", file=said).status == 303
    (track,) = re.findall(r"<track ([^>]+)>", watch(node, cinema, viewer))
    path = re.findall(r'src="([^"]+)"', track)[0]
    assert track == f'kind="captions" src="{path}" srclang="de" label="Deutsch"'
    served = node.client.request("GET", path)
    assert (served.status, served.body) == (200, said)
    assert served.headers["content-type"] == "text/vtt; charset=utf-8"
    assert "immutable" in served.headers["cache-control"]
    assert node.client.request("GET", path.replace("-", "-0")[:-5] + ".vtt").status == 404
    assert owner.send(page, page, remove="de").status == 303
    assert "<track" not in watch(node, cinema, viewer)
    assert node.client.request("GET", path).status == 404
    assert owner.send(page, page, remove="de").status == 422
