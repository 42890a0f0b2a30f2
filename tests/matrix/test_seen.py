"""What others than the guest can see changes nothing: not what an event token lists, a phone at the
door holds, a badge or a ticket bears, or the page says after registering.

Every word of those that could be a secret is sent to every route that changes something, as the
secret part of its address and as each kind of credential. Nothing may succeed, and no row change.
"""

import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlencode

import pytest

from tests.matrix.test_matrix import read_rows
from tests.proofs.test_every_get import Demo
from tests.support import proof
from tests.support.visits import door_headers, list_visits
from turnout.core.events.describing import EventChange, change_event
from turnout.core.ids import EventId
from turnout.http.masks import OPEN_FIELDS

BROWSER = {"Accept": "text/html"}
FORM = BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}
# What counts requests, and the audit of refusals of who asks.
COUNTED = ("windows", "form_windows", "rate_windows", "sign_in_tries")
REFUSED = (400, 401, 403, 404, 405, 410, 413, 415, 422, 429)
ACTING = ("POST", "PUT", "PATCH", "DELETE")
# They are for everybody, who needs to have seen nothing, and lead only to mails.
FOR_ALL = ("/watch/{pak}", "/my/find/{slug}")
# What the forms and calls behind personal links and credentials ask for.
GIVEN = {"answer": "decline", "act": "ask", "question": "1", "step": "cancel", "reason": "x"}
_WORD = re.compile(r"[A-Za-z0-9_.:~-]{6,}")
_PART = re.compile(r"\{(\w+)\}")
WORDS_A_SOURCE = 60


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("seen"))
    with demo.client:
        yield demo
    demo.close()


@pytest.fixture(scope="module")
def sight(demo: Demo) -> "Sight":
    return Sight(demo)


class Sight:
    """What is seen of the demo's conference."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.visits = list_visits(demo.node, demo.members, demo.sign_in())
        self.event_id = EventId(demo.members["attendance"]["eventId"])
        self.words: dict[str, list[str]] = {}
        scanner = {"/door/api/snapshot", "/door/api/state", "/door/api/search"}
        for visit in self.visits:
            headers = visit.headers
            if headers == door_headers(demo.members, {}) and not visit.acts:
                self._keep("event token", self._read(visit.target, headers))
            elif visit.template in scanner:
                query = "?q=an" if visit.template.endswith("search") else ""
                self._keep("scanner", self._read(visit.target + query, headers))
            elif visit.template.startswith("/ticket/"):
                self._keep("ticket", self._read(visit.target, BROWSER))
        # A ticket of a webcast, whose page leads to what can be watched.
        viewer = demo.db.call(_find_viewer, demo.members["reporting"]["eventId"])
        self._keep("ticket", self._read(f"/ticket/{viewer}", BROWSER))
        self._keep("confirmation", self._register())

    def _read(self, target: str, headers: dict[str, str]) -> str:
        answer = self.demo.client.request("GET", target, headers=headers)
        assert answer.status == 200, (target, answer.body[:200])
        return answer.body.decode("utf-8", "replace")

    def _register(self) -> str:
        """The page that a new guest gets, where the event shows tickets at once."""
        change = EventChange(shows_ticket_at_once=True)
        org_id = self.demo.db.call(_find_org)
        self.demo.db.call(change_event, org_id, self.event_id, change, actor="test")
        page = self._read(f"/rail-forum/{self.event_id}", BROWSER)
        chosen = re.search(r'name="ticket" value="(\d+)"', page)
        assert chosen
        given = {"first_name": "Nia", "last_name": "Seen", "email": "nia@example.com"}
        body = urlencode(given | {"ticket": chosen[1]}).encode()
        target = f"/rail-forum/{self.event_id}"
        sent = self.demo.client.request("POST", target, headers=FORM, body=body)
        assert sent.status == 303, sent.body[:300]
        cookies = "; ".join(one.partition(";")[0] for one in sent.set_cookies)
        shown = self.demo.client.request(
            "GET", sent.headers["location"].partition("#")[0], headers=BROWSER | {"Cookie": cookies}
        ).body.decode()
        assert "nia@example.com" in shown
        assert "/ticket/" in shown
        assert "/my/find/" not in shown.partition("register-title")[2]
        return shown

    def _keep(self, source: str, text: str) -> None:
        # A code in an address is a word, and so is the address's whole part.
        found = dict.fromkeys(_WORD.findall(unquote(text)))
        own = [word for word in found if any(sign.isdigit() for sign in word)]
        self.words.setdefault(source, []).extend(own)

    def list_words(self) -> list[str]:
        """Some of each source."""
        chance = random.Random(proof.seed())
        some: list[str] = []
        for words in self.words.values():
            few = proof.scale(WORDS_A_SOURCE, 10 * WORDS_A_SOURCE)
            some += words if len(words) <= few else chance.sample(words, few)
        return list(dict.fromkeys(some))


def _find_org(tx: Any) -> Any:
    return tx.connection.execute("SELECT org_id FROM organizations").fetchone()[0]


def _find_viewer(tx: Any, event_id: int) -> str:
    """The address of a ticket of the event."""
    org_id, code = tx.connection.execute(
        "SELECT t.org_id, t.code FROM tickets t JOIN registrations r ON r.org_id = t.org_id"
        f" AND r.id = t.registration_id WHERE r.event_id = {event_id} AND t.state = 'valid'"
    ).fetchone()
    return f"{org_id}-{code}"


def _fill(template: str, word: str, known: dict[str, str]) -> str:
    """The route's path: the word for what is secret, and for all else what the route needs."""
    parts = known.get(template, "").split("?")[0].split("/")
    names = template.split("/")
    filled = [
        (
            word
            if _PART.sub(r"\1", name) not in OPEN_FIELDS
            else parts[at]
            if at < len(parts)
            else "1"
        )
        if _PART.fullmatch(name)
        else name
        for at, name in enumerate(names)
    ]
    return "/".join(filled)


def _is_secret(template: str) -> bool:
    return any(name not in OPEN_FIELDS for name in _PART.findall(template))


def _credentials(word: str) -> list[dict[str, str]]:
    return [
        {"Authorization": f"event {word}"},
        {"Authorization": f"company {word}"},
        {"Authorization": f"Bearer {word}"},
        {"Authorization": f"Door {word}"},
        {"APIKey": word, "user": word},
        {"Cookie": f"turnout-session={word}; turnout-door={word}"},
    ]


@pytest.mark.proof
def test_what_others_see_of_a_guest_changes_nothing(demo: Demo, sight: "Sight") -> None:
    words = sight.list_words()
    assert {source: len(found) > 3 for source, found in sight.words.items()} == dict.fromkeys(
        ("event token", "scanner", "ticket", "confirmation"), True
    )
    known = {visit.template: visit.target for visit in sight.visits}
    rows = [row for row in read_rows() if row.method in ACTING and row.template not in FOR_ALL]
    chance = random.Random(proof.seed())
    before = demo.dump()
    wrong, sent = [], 0
    for row in rows:
        is_open, is_secret = row.area["else"] == "in", _is_secret(row.template)
        if is_open and not is_secret:
            continue  # a form for everybody
        for word in words if is_open else chance.sample(words, min(6, len(words))):
            # Asked with a good ticket's code where the credential is what is tried.
            path = _fill(row.template, word, known)
            headers = FORM if is_open else FORM | chance.choice(_credentials(word))
            answer = demo.client.request(
                row.method, path, headers=headers, body=urlencode(GIVEN).encode()
            )
            sent += 1
            if answer.status not in REFUSED:
                wrong.append((row.method, path, headers, answer.status))
    assert wrong == []
    after = demo.dump()
    changed = [name for name in after if name not in COUNTED and after[name] != before[name]]
    assert changed == []
    proof.report("seen by others", words=len(words), requests=sent)


def test_with_the_links_that_are_mailed_the_same_requests_succeed(
    demo: Demo, sight: "Sight"
) -> None:
    """So what is refused above is refused for what is shown, and not for how it is asked."""
    visits = {visit.template: visit for visit in sight.visits}
    for template, given in (
        ("/invitation/{token}", {"answer": "decline"}),
        ("/waiting/{token}", {"answer": "leave"}),
        ("/watch/{pak}/{token}", {"act": "ask", "question": "Why?"}),
    ):
        body = urlencode(given).encode()
        answer = demo.client.request("POST", visits[template].target, headers=FORM, body=body)
        assert answer.status == 303, (template, answer.body[:300])
