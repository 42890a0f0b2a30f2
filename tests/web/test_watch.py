"""The watch page as a browser without scripts uses it, and the heartbeats that its script sends."""

import asyncio
import itertools
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.core.audience.cinema import LIVE_FROM, LIVE_UNTIL, MINUTE, Cinema, open_cinema
from tests.support.builder import make_organization
from tests.support.client import Answer
from tests.support.mails import list_mails
from tests.support.node import LocalNode
from tests.web.reading import Page, send_form
from tests.web.saying import said
from turnout.core.audience.links import list_watch_links, make_token, sign_opening
from turnout.core.audience.media import set_media
from turnout.core.audience.model import Interval, MediaKind, Mode
from turnout.core.audience.surveys import Item, create_survey
from turnout.core.audience.viewings import StoredInterval, list_viewings
from turnout.core.events.model import EventState
from turnout.core.events.programme import list_ticket_types
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.users import create_user
from turnout.core.ids import OrgId, RegistrationId
from turnout.core.messaging.delivering import claim
from turnout.core.messaging.model import URGENT
from turnout.core.people.model import Contact
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.places import set_event_state
from turnout.core.tickets.mails import TicketMail, claim_ticket_mails, send_ticket_mail
from turnout.errors import Unavailable
from turnout.http.fast_path import DirectRequest, FastPath
from turnout.web.heartbeats import HeartbeatBody, Heartbeats

BROWSER = {"Accept": "text/html"}
_numbers = itertools.count(1)

ATTRIBUTE = re.compile('data-opening="([^"]+)"')


class Theatre:
    """A cinema with its pages, and one viewer."""

    def __init__(self, node: LocalNode, slug: str) -> None:
        self.node = node
        node.clock.now = LIVE_FROM + 5 * MINUTE
        org_id = node.db.call(make_organization, slug)
        code = f"{slug}@example.com"
        node.db.call(create_user, org_id, code, name="U", email=code, actor="test")
        self.cinema: Cinema = open_cinema(node.db, org_id)
        self.viewer = self.cinema.register("ann@example.com", first_name="Ann", last_name="Lee")
        self.token: str = node.db.call(make_token, org_id, self.viewer)
        self.path = f"/watch/{self.cinema.talk.pak}/{self.token}"

    def get(self, path: str = "") -> Answer:
        return self.node.client.request("GET", path or self.path, headers=BROWSER)

    def post(self, path: str = "", /, **given: str) -> Answer:
        if not path:
            return send_form(self.node.client, self.path, BROWSER, **given)
        body = urlencode(given).encode()
        return self.node.client.request("POST", path, headers=BROWSER, body=body)

    def open_at(self, at: int, viewer: RegistrationId | None = None) -> str:
        """What the page that the viewer, or another, opened then shows with its heartbeats."""
        org_id = self.cinema.org_id
        return self.node.db.call(sign_opening, org_id, viewer or self.viewer, at)

    def heartbeat(
        self,
        *played: tuple[int, int],
        token: str = "",
        session: int = 0,
        opening: str | None = None,
    ) -> Answer:
        body = {
            "token": token or self.token,
            "session": session or self.cinema.talk.id,
            "played": played,
            "opening": self.open_at(LIVE_FROM) if opening is None else opening,
        }
        return self.node.client.request("POST", "/watch/beats", json=body)

    def urgent_mails(self) -> dict[str, str]:
        """The texts of the mails with codes that wait, by address."""
        return {
            recipient.address: json.loads(recipient.fields)["message"]
            for job in self.node.db.call(claim, URGENT, 100, 1000)
            if job.head.org_id == self.cinema.org_id
            for recipient in job.recipients
        }

    def viewings(self) -> list[StoredInterval]:
        named = (self.cinema.org_id, self.cinema.event.id, self.viewer)
        return self.node.db.call(list_viewings, *named)


@pytest.fixture
def theatre(node: LocalNode) -> Theatre:
    return Theatre(node, f"theatre-{next(_numbers)}")


def text_of(answer: Answer) -> str:
    return " ".join(answer.body.decode().split())


def test_the_page_shows_the_session_and_its_player(theatre: Theatre) -> None:
    answer = theatre.get()
    text = text_of(answer)
    assert answer.status == 200
    assert "<h1>Talk</h1>" in text
    assert 'src="https://media.example.com/talk.m3u8"></video>' in text
    assert f'data-now="{theatre.node.clock.now}" data-mode="live" data-kind="hls"' in text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "media-src 'self' blob: https://media.example.com https:" in policy
    assert "worker-src blob:" in policy
    assert "unsafe" not in policy
    page = Page(answer.body)
    assert page.loads[-1].startswith("/static/watch.")


def test_the_page_says_what_time_it_is(theatre: Theatre) -> None:
    show = f"/watch/{theatre.cinema.show.pak}/{theatre.token}"
    theatre.node.clock.now = LIVE_FROM - 1
    early = theatre.get()
    assert "It has not begun." in text_of(early)
    assert "media-src" not in early.headers["content-security-policy"]
    theatre.node.clock.now = LIVE_FROM
    assert 'data-mode="simlive" data-kind="mp4" data-url="/show.mp4"' in text_of(theatre.get(show))
    theatre.node.clock.now = LIVE_UNTIL
    assert 'data-mode="od"' in text_of(theatre.get())
    assert "cannot be watched any more" in text_of(theatre.get(show))


def test_a_cancelled_event_says_so_and_a_draft_is_nobodys(theatre: Theatre) -> None:
    named = (theatre.cinema.org_id, theatre.cinema.event.id)
    theatre.node.db.call(set_event_state, *named, EventState.CANCELLED, actor="test")
    assert "The event is cancelled." in text_of(theatre.get())
    theatre.node.db.call(set_event_state, *named, EventState.DRAFT, actor="test")
    assert theatre.get().status == 404


def test_an_embedded_player_may_be_framed_and_nothing_else(theatre: Theatre) -> None:
    url = "https://player.example.com/v/1?a=<b>"
    named = (theatre.cinema.org_id, theatre.cinema.silent.id, MediaKind.EMBED, url)
    theatre.node.db.call(set_media, *named, actor="test")
    answer = theatre.get(f"/watch/{theatre.cinema.silent.pak}/{theatre.token}")
    assert 'src="https://player.example.com/v/1?a=&lt;b&gt;" title="Silent"' in text_of(answer)
    policy = answer.headers["content-security-policy"]
    assert "frame-src https://player.example.com" in policy
    assert "media-src" not in policy


def test_links_that_are_none_lead_nowhere(theatre: Theatre) -> None:
    talk = theatre.cinema.talk.pak
    other = Theatre(theatre.node, f"other-{next(_numbers)}")
    assert theatre.get(f"/watch/{talk}/{theatre.token[:-1]}x").status == 404
    assert theatre.get(f"/watch/{talk}/{other.token}").status == 404
    assert theatre.get(f"/watch/{theatre.cinema.silent.pak}/{theatre.token}").status == 404
    assert theatre.get("/watch/1234567890123456").status == 404
    named = (theatre.cinema.org_id, theatre.viewer)
    theatre.node.db.call(cancel_registration, *named, actor="test")
    assert theatre.get().status == 410
    assert theatre.heartbeat((LIVE_FROM, LIVE_FROM + 10_000)).status == 404


def test_questions_are_asked_and_polls_answered_on_the_page(theatre: Theatre) -> None:
    named = (theatre.cinema.org_id, theatre.cinema.event.id)
    items = (Item("How?", ("good", "bad")),)
    poll = theatre.node.db.call(create_survey, *named, "A poll", items, is_poll=True, actor="test")
    item = f"item-{poll.id}-0"
    assert f'<input type="radio" name="{item}" value="good">' in text_of(theatre.get())
    asked = theatre.post(do="ask", question="<Why?>")
    assert "Your question was sent." in text_of(asked)
    assert "<dt>&lt;Why?&gt;</dt><dd>Not answered yet.</dd>" in text_of(asked)
    assert re.search(r'id="ask">(?:(?!</section>).)*Your question was sent', text_of(asked))
    voted = theatre.post(do=f"answer-{poll.id}", **{item: "good"})
    assert "Your answer was kept." in text_of(voted)
    survey = f'class="box stack" id="survey-{poll.id}">'
    assert re.search(f"{survey}(?:(?!</section>).)*Your answer was kept", text_of(voted))
    body = urlencode({"do": "ask", "question": "When?"}).encode()
    form = BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}
    sent = theatre.node.client.request("POST", theatre.path, headers=form, body=body)
    assert sent.headers["location"].endswith(
        f"?done={said(theatre.node.db, theatre.path, 'ask')}#ask"
    )
    assert 'value="good" checked>' in text_of(voted)
    for given in (
        {"do": "ask", "question": " "},
        {"do": f"answer-{poll.id}"},
        {"do": f"answer-{poll.id}", item: "splendid"},
        {"do": "dance"},
        {"do": "vote-x"},
        {"act": "dance"},
    ):
        refused = theatre.post(**given)
        assert (refused.status, 'role="alert"' in text_of(refused)) == (200, True)


def test_no_button_loses_what_is_being_typed_for_another(theatre: Theatre) -> None:
    named = (theatre.cinema.org_id, theatre.cinema.event.id)
    items = (Item("Why?"), Item("How?", ("well", "ill")))
    first, second = (
        theatre.node.db.call(create_survey, *named, title, items, actor="test")
        for title in ("Survey", "Other")
    )
    typed = {
        "question": "When <exactly>",
        f"item-{first.id}-0": "Because & so",
        f"item-{second.id}-1": "ill",
    }

    def keeps(page: str, *names: str) -> bool:
        shown = {
            "question": "When &lt;exactly&gt;</textarea>" in page,
            f"item-{first.id}-0": 'value="Because &amp; so"' in page,
            f"item-{second.id}-1": f'name="item-{second.id}-1" value="ill" checked' in page,
        }
        return [name for name in typed if shown[name]] == list(names)

    answered = text_of(theatre.post(do=f"answer-{first.id}", **typed))
    assert "Your answer was kept." in answered
    assert keeps(answered, *typed)
    # One that is refused keeps all, its own too.
    refused = text_of(
        theatre.post(do=f"answer-{second.id}", **typed | {f"item-{second.id}-1": "x"})
    )
    assert 'role="alert"' in refused
    assert keeps(refused, "question", f"item-{first.id}-0")
    question = text_of(theatre.post(do="ask", **typed))
    assert "Your question was sent." in question
    assert keeps(question, f"item-{first.id}-0", f"item-{second.id}-1")
    # Nothing else was kept on the server.
    assert not keeps(text_of(theatre.get()), *typed)
    # Another language is asked for by the same form, and Enter in a field asks for none.
    page = text_of(theatre.get())
    assert 'form="asking-form" formaction="' in page
    assert page.count("disabled>Send</button>") == 1
    german = text_of(theatre.post(f"{theatre.path}?lang=de", switch="de", **typed))
    assert '<html lang="de"' in german
    assert keeps(german, *typed)


def test_a_number_that_no_button_has_is_refused_in_the_language_of_the_page(
    theatre: Theatre,
) -> None:
    for act in ("answer-999", "vote-999"):
        refused = theatre.post(f"{theatre.path}?lang=es", do=act, question="Cuándo")
        said = text_of(refused)
        assert "Pulse uno de los botones" in said
        assert "Cuándo</textarea>" in said


def test_an_answer_in_words_is_emptied(theatre: Theatre) -> None:
    named = (theatre.cinema.org_id, theatre.cinema.event.id)
    survey = theatre.node.db.call(
        create_survey, *named, "Survey", (Item("Why?"), Item("How?")), actor="test"
    )
    first, second = f"item-{survey.id}-0", f"item-{survey.id}-1"
    theatre.post(do=f"answer-{survey.id}", **{first: "Because", second: "So"})
    assert 'value="Because"' in text_of(theatre.get())
    # Emptied and not sent yet, it stays empty beside what another button did.
    asked = text_of(theatre.post(do="ask", question="Why?", **{first: "", second: "So"}))
    assert 'value="Because"' not in asked
    theatre.post(do=f"answer-{survey.id}", **{first: "", second: "So"})
    page = text_of(theatre.get())
    assert 'value="Because"' not in page
    assert 'value="So"' in page


def test_a_page_that_was_opened_before_sends_its_forms_as_they_were(theatre: Theatre) -> None:
    named = (theatre.cinema.org_id, theatre.cinema.event.id)
    items = (Item("How?", ("good", "bad")),)
    poll = theatre.node.db.call(create_survey, *named, "A poll", items, is_poll=True, actor="test")
    asked = theatre.post(act="ask", question="<Why?>")
    assert "Your question was sent." in text_of(asked)
    voted = theatre.post(act="answer", survey=str(poll.id), **{"item-0": "good"})
    assert 'value="good" checked>' in text_of(voted)


def test_an_address_and_a_code_lead_to_the_page(theatre: Theatre) -> None:
    door = f"/watch/{theatre.cinema.talk.pak}"
    assert 'name="email"' in text_of(theatre.get(door))
    sent, strange = (
        theatre.post(door, email=email) for email in ("ann@example.com", "eve@example.com")
    )
    assert text_of(sent).replace("ann@", "eve@") == text_of(strange)
    mails = theatre.urgent_mails()
    code = mails["ann@example.com"].partition("Premiere is ")[2][:6]
    assert mails["eve@example.com"].startswith("Somebody, perhaps you, asked for a code to watch")
    assert "not registered" in mails["eve@example.com"]
    wrong = theatre.post(door, email="ann@example.com", code="000000" if code != "000000" else "1")
    assert "That is not the code" in text_of(wrong)
    entered = theatre.post(door, email="ann@example.com", code=code)
    assert (entered.status, entered.headers["location"]) == (303, theatre.path)
    assert "Type your e-mail address" in text_of(theatre.post(door, email="ann"))
    for _ in range(4):
        asked = theatre.post(door, email="zoe@example.com")
        assert (asked.status, "it gets a code, at most three an hour" in text_of(asked)) == (
            200,
            True,
        )


def test_beats_are_kept_and_answered_with_the_next_delay(theatre: Theatre) -> None:
    now = theatre.node.clock.now
    answer = theatre.heartbeat(
        (LIVE_FROM, LIVE_FROM + 30_000), (LIVE_FROM + 25_000, now + 9_999_999)
    )
    assert (answer.status, answer.json()) == (200, {"at": now, "next": 10, "mode": "live"})
    span = Interval(LIVE_FROM, now)
    assert theatre.viewings() == [StoredInterval(Mode.LIVE, theatre.cinema.talk.id, span)]
    assert theatre.heartbeat().status == 200
    theatre.node.clock.now = LIVE_FROM - MINUTE
    assert theatre.heartbeat().json()["mode"] is None


def test_nothing_counts_before_the_page_was_opened(theatre: Theatre) -> None:
    now = theatre.node.clock.now
    whole = (now - 24 * 60 * MINUTE, now)

    def stored() -> list[Interval]:
        return [viewing.interval for viewing in theatre.viewings()]

    assert theatre.heartbeat(whole, opening="").status == 200
    assert stored() == [Interval(now - 2 * MINUTE, now)]
    # The page that is served says when it was opened, and its beats may come late.
    opening = ATTRIBUTE.findall(theatre.get().body.decode())[0]
    theatre.node.clock.now += 10 * MINUTE
    assert theatre.heartbeat((now - 4 * MINUTE, now + 9 * MINUTE), opening=opening).status == 200
    assert stored() == [Interval(now - 2 * MINUTE, now + 9 * MINUTE)]
    early = theatre.open_at(now - 3 * MINUTE)
    assert theatre.heartbeat(whole, opening=early).status == 200
    assert stored() == [Interval(now - 3 * MINUTE, now + 9 * MINUTE)]
    # A clock that is set back does not take from a viewer what is played now.
    later = theatre.open_at(now + 60 * MINUTE)
    assert theatre.heartbeat((now + 9 * MINUTE, now + 10 * MINUTE), opening=later).status == 200
    assert stored() == [Interval(now - 3 * MINUTE, now + 10 * MINUTE)]


def test_the_opening_of_another_is_refused(theatre: Theatre) -> None:
    other = theatre.cinema.register("bob@example.com")
    for opening in (theatre.open_at(LIVE_FROM, other), "1-2-3-4", theatre.token):
        answer = theatre.heartbeat((LIVE_FROM, LIVE_FROM + MINUTE), opening=opening)
        assert answer.status == 404
    assert theatre.viewings() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"token": 1}', b'{"token":"x","session":1,"played":[[1]]}',
     b'{"token":"x","session":1,"played":[[-1,5]]}', b'{"token":"x","session":0,"played":[]}'],
)  # fmt: skip
def test_what_is_no_beat_is_refused(theatre: Theatre, body: bytes) -> None:
    answer = theatre.node.client.request("POST", "/watch/beats", body=body)
    assert (answer.status, sorted(answer.json())) == (400, ["error", "next"])


def test_beats_of_strangers_are_refused(theatre: Theatre) -> None:
    span = (LIVE_FROM, LIVE_FROM + 30_000)
    assert theatre.heartbeat(span, token="1-2-3").status == 404
    assert theatre.heartbeat(span, session=theatre.cinema.silent.id).status == 404
    assert theatre.heartbeat(span, session=2**61).status == 404
    assert theatre.viewings() == []
    too_many = [(n * 2000, n * 2000 + 1000) for n in range(501)]
    assert theatre.heartbeat(*too_many).status == 400


def test_a_full_buffer_refuses_and_a_slow_disk_slows_down(theatre: Theatre) -> None:
    heartbeats = Heartbeats(theatre.node.db, most_waiting=3)

    async def send_all() -> list[Any]:
        body = HeartbeatBody(theatre.token, theatre.cinema.talk.id, [(LIVE_FROM, LIVE_FROM + 5000)])
        await heartbeats.take(body)
        return await asyncio.gather(
            *(heartbeats.take(body) for _ in range(9)), return_exceptions=True
        )

    answers = theatre.node.client.run(send_all())
    assert [isinstance(answer, Unavailable) for answer in answers] == [False] * 3 + [True] * 6
    assert heartbeats.delay_s == 10
    for seconds, delay in ((1.5, 35), (3.0, 60), (30.0, 60)):
        for _ in range(200):
            heartbeats._note(seconds)
        assert heartbeats.delay_s == delay
    start, _ = asyncio.run(_answer_full(heartbeats))
    assert start["status"] == 503
    assert (b"retry-after", b"60") in start["headers"]


async def _answer_full(heartbeats: Heartbeats) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def respond(_req: DirectRequest) -> bytes:
        raise Unavailable("store.busy")

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"method": "POST", "path": "/watch/beats", "headers": []}
    await FastPath(respond, heartbeats.mount.present)(scope, receive, send)
    return sent


def test_a_new_code_ends_the_older_one_and_a_lock_says_so(theatre: Theatre) -> None:
    door, given = f"/watch/{theatre.cinema.talk.pak}", {"email": "ann@example.com"}
    codes = []
    for _ in range(2):
        theatre.post(door, **given)
        codes.append(theatre.urgent_mails()["ann@example.com"].partition("Premiere is ")[2][:6])
    assert theatre.post(door, **given, code=codes[0]).status == 200
    entered = theatre.post(door, **given, code=codes[1])
    assert (entered.status, entered.headers["cache-control"]) == (303, "no-store")


def test_the_code_page_is_the_same_for_whoever_is_registered_or_not(theatre: Theatre) -> None:
    """Wrong codes, and too many of them, are answered alike for both: byte for byte."""
    door = f"/watch/{theatre.cinema.talk.pak}"

    def answers(email: str) -> list[tuple[int, bytes]]:
        # Each from a place of its own, so that the counts of one are not those of the other.
        theatre.node.clock.advance(600)
        theatre.post(door, email=email)
        found = [theatre.post(door, email=email, code="x") for _ in range(12)]
        return [(answer.status, answer.body.replace(b"eve@", b"ann@")) for answer in found]

    ann, eve = answers("ann@example.com"), answers("eve@example.com")
    assert ann == eve
    assert b"That is not the code" in ann[9][1]
    assert b"Too many wrong codes were entered. Try again in 10 minutes." in ann[10][1]


def test_the_ticket_leads_to_the_page(theatre: Theatre) -> None:
    def read_code(tx: Any) -> str:
        row = tx.connection.execute(
            f"SELECT code FROM tickets WHERE org_id = {theatre.cinema.org_id}"
        ).fetchone()
        return str(row[0])

    code = theatre.node.db.call(read_code)
    text = text_of(theatre.get(f"/ticket/{theatre.cinema.org_id}-{code}"))
    door = f"/watch/{theatre.cinema.talk.pak}"
    assert f'<a class="button main" href="{door}">Watch: Talk</a>' in text
    # A personal link would let everybody who sees the code ask, vote and watch as its holder.
    assert theatre.token not in text
    assert "Show this code at the door" not in text


def test_the_mailed_ticket_of_a_webcast_leads_to_the_page(theatre: Theatre) -> None:
    (mail,) = _mails_of(theatre)
    theatre.node.db.call(send_ticket_mail, mail, [], "http://turnout.test", list_watch_links)
    text = theatre.node.db.call(_read_mailed, theatre.cinema.org_id)
    lead, _, ticket = text.partition("Your ticket:")
    (talk, _) = (word for word in lead.split() if word.startswith("http://turnout.test/watch/"))
    assert "Talk" in text_of(theatre.get(talk.removeprefix("http://turnout.test")))
    assert f"/ticket/{theatre.cinema.org_id}-{mail.facts.code}" in ticket
    assert "at the door" not in text


def _mails_of(theatre: Theatre) -> list[TicketMail]:
    org_id, event_id = theatre.cinema.org_id, theatre.cinema.event.id
    type_id = theatre.node.db.call(list_ticket_types, org_id, event_id)[0].id
    who = Contact(email="bo@example.com")
    theatre.node.db.call(register_directly, org_id, event_id, type_id, who)
    due = theatre.node.db.call(claim_ticket_mails)
    return [mail for mail in due if mail.org_id == org_id]


def _read_mailed(tx: Any, org_id: OrgId) -> str:
    return list_mails(tx, org_id)[-1].text


def test_the_source_of_a_link_is_kept_with_the_registration(theatre: Theatre) -> None:
    node, org_id = theatre.node, theatre.cinema.org_id
    slug = node.db.call(get_organization_of, org_id).slug
    node.clock.now = LIVE_FROM - 10 * MINUTE
    page = f"/{slug}/{theatre.cinema.event.id}"
    shown = text_of(theatre.get(f"{page}?sti=news%22letter"))
    assert 'name="sti" value="news&#34;letter"' in shown
    ticket = shown.partition('name="ticket" value="')[2].partition('"')[0]
    for email, sti in (("zoe@example.com", "newsletter"), ("ann@example.com", "other")):
        given = {"ticket": ticket, "first_name": "Z", "last_name": "Y", "email": email}
        done = theatre.post(page, **given, answer="register", sti=sti)
        there = f"{page}?done={said(node.db, page, 'registered')}&sti={sti}#register"
        assert (done.status, done.headers["location"]) == (303, there)

    def read(tx: Any) -> dict[str, str]:
        rows = tx.connection.execute(
            "SELECT p.email, r.sti FROM registrations r JOIN people p "
            f"ON p.org_id = r.org_id AND p.id = r.person_id WHERE r.org_id = {org_id}"
        ).fetchall()
        return dict(rows)

    assert node.db.call(read) == {"ann@example.com": "", "zoe@example.com": "newsletter"}
