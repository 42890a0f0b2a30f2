"""The page behind an unsubscribe link: looking changes nothing, its button does; once is enough."""

import itertools
import re
from typing import Any

import pytest

from tests.core.messaging.jobs import POLICY, make_login, new_job
from tests.support.builder import make_organization
from tests.support.client import AppClient
from tests.support.node import LocalNode
from tests.web.reading import Page
from tests.web.saying import said
from turnout.core.ids import RecipientId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.model import Content, JobType, NewRecipient
from turnout.core.messaging.opt_outs import ensure_link_key, list_opt_outs, unsubscribe_url
from turnout.core.people.merging import merge_person
from turnout.core.people.model import Contact
from turnout.store import Tx

BROWSER = {"Accept": "text/html"}


class Sent:
    """A mail to Jo from an organization with a name that must be escaped."""

    def __init__(self, node: LocalNode, slug: str = "letters") -> None:
        db = node.db
        self.node = node
        self.org_id = db.call(make_organization, slug, "A <b>& Co")
        login = db.call(make_login, self.org_id, f"au/{slug}")
        new = new_job(JobType.EMAIL, sender="a@example.com", content=Content(text="Hi"))
        job_id = db.call(accept_job, login, new, [NewRecipient("Jo.Smith@Example.com")], POLICY)

        def find(tx: Tx) -> RecipientId:
            statement = f"SELECT id FROM recipients WHERE job_id = {job_id}"
            return RecipientId(tx.connection.execute(statement).fetchone()[0])

        key = db.call(ensure_link_key)
        self.path = unsubscribe_url("", key, db.call(find))

    def opt_outs(self) -> list[tuple[Any, ...]]:
        found = self.node.db.call(list_opt_outs, self.org_id, 10)
        return [(opt_out.medium.value, opt_out.address, opt_out.source) for opt_out in found]


@pytest.fixture(scope="module")
def sent(node: LocalNode) -> Sent:
    return Sent(node)


def test_looking_at_the_link_asks_and_changes_nothing(site: AppClient, sent: Sent) -> None:
    for method in ("GET", "HEAD"):
        answer = site.request(method, sent.path, headers=BROWSER)
        assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    page = Page(site.request("GET", sent.path).body)
    assert "No more e-mail from A <b>& Co? The address J…@Example.com will get" in page.text
    assert {"form", "button"} <= page.tags
    assert b'type="checkbox" name="email"' in site.request("GET", sent.path).body
    assert "b" not in page.tags
    assert b"Smith" not in site.request("GET", sent.path).body
    assert sent.opt_outs() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"a=b", b"List-Unsubscribe=no", b"List-Unsubscribe", b"One-Click", b"\xff", b"--x\r\n"],
)
def test_any_other_post_is_shown_the_page(site: AppClient, sent: Sent, body: bytes) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = site.request("POST", sent.path, headers=form, body=body)
    assert answer.status == 200
    assert b'name="unsubscribe"' in answer.body
    assert sent.opt_outs() == []


def test_the_button_leads_to_a_page_that_says_what_was_done(site: AppClient, sent: Sent) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = site.request("POST", sent.path, headers=form, body=b"unsubscribe=yes")
    assert (answer.status, answer.headers["location"]) == (
        303,
        f"{sent.path}?done={said(sent.node.db, sent.path, 'unsubscribed')}",
    )
    page = Page(site.request("GET", answer.headers["location"]).body)
    assert "You get no more e-mail from A <b>& Co" in page.text
    assert "form" not in page.tags
    assert "?" in page.links
    assert "Choose how A <b>& Co may write to you" in page.text
    html = site.request("GET", sent.path).body.decode()
    assert "<h1>You get no more e-mail from A &lt;b&gt;&amp; Co</h1>" in html
    assert 'name="unsubscribe"' not in html
    assert "will get no more mailings" not in html
    assert 'name="choose"' in html
    again = site.request("POST", sent.path, headers=form, body=b"unsubscribe=yes")
    assert again.headers["location"] == f"{sent.path}?done={said(sent.node.db, sent.path, 'again')}"
    page = Page(site.request("GET", again.headers["location"]).body)
    assert "You had unsubscribed already, and that still holds." in page.text
    assert sent.opt_outs() == [("email", "jo.smith@example.com", "link")]


def test_one_click_of_a_mail_program_is_not_redirected(site: AppClient, sent: Sent) -> None:
    body = b"List-Unsubscribe=One-Click"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = site.request("POST", sent.path, headers=form, body=body)
    assert answer.status == 200
    assert "You get no more e-mail from A <b>& Co" in Page(answer.body).text
    assert sent.opt_outs() == [("email", "jo.smith@example.com", "link")]
    again = Page(site.request("POST", sent.path, headers=form, body=body).body).text
    assert "You had unsubscribed already, and that still holds." in again
    assert "That is noted" not in again
    assert sent.opt_outs() == [("email", "jo.smith@example.com", "link")]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_none_of_ours_is_not_found(site: AppClient, sent: Sent, method: str) -> None:
    number, _, proof = sent.path.rpartition("/")[2].partition("-")
    other = f"{number}-{proof[:-1]}{'0' if proof[-1] != '0' else '1'}"
    for token in (other, f"{int(number) + 1}-{proof}", number, "x", "%00", "9" * 40 + "-" + proof):
        answer = site.request(method, f"/unsubscribe/{token}", headers=BROWSER)
        assert answer.status == 404, token
        assert "This link does not lead anywhere. Open it as it was sent." in Page(answer.body).text


def test_the_link_is_not_in_the_page(site: AppClient, sent: Sent) -> None:
    """A page that is saved or sent on must not unsubscribe anybody."""
    body = site.request("GET", sent.path).body.decode()
    assert not re.search(r"[0-9a-f]{32}", body)


# -- preferences ---------------------------------------------------------------------------


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def guest(node: LocalNode) -> "Guest":
    return Guest(node)


_guests = itertools.count(1)


class Guest(Sent):
    """Somebody of whom the organization knows a number, too."""

    def __init__(self, node: LocalNode) -> None:
        super().__init__(node, f"guests-{next(_guests)}")
        contact = Contact(email="jo.smith@example.com", first_name="Jo", phone="+61 412 345 678")
        node.db.call(merge_person, self.org_id, contact)

    def boxes(self, site: AppClient) -> list[tuple[str, bool, bool]]:
        """The boxes of the page: name, whether they are ticked, whether they can be."""
        html = site.request("GET", self.path).body.decode()
        return [
            (name, " checked" in rest, " disabled" not in rest)
            for name, rest in re.findall(r'type="checkbox" name="(\w+)"([^>]*)>', html)
        ]

    @property
    def chosen(self) -> str:
        return said(self.node.db, self.path, "chosen")

    def choose(self, site: AppClient, body: str) -> None:
        answer = site.request("POST", self.path, headers=FORM, body=f"choose=yes&{body}".encode())
        assert (answer.status, answer.headers["location"]) == (
            303,
            f"{self.path}?done={self.chosen}",
        )


def test_each_way_can_be_refused_and_only_that_of_the_link_allowed_again(
    site: AppClient, guest: Guest
) -> None:
    assert guest.boxes(site) == [("email", True, True), ("sms", True, True), ("call", True, True)]
    guest.choose(site, "call=yes")
    assert guest.opt_outs() == [
        ("email", "jo.smith@example.com", "link"),
        ("sms", "61412345678", "link"),
    ]
    assert guest.boxes(site) == [
        ("email", False, True),
        ("sms", False, False),
        ("call", True, True),
    ]
    guest.choose(site, "email=yes&sms=yes&call=yes")
    assert guest.opt_outs() == [("sms", "61412345678", "link")]
    kept = Page(site.request("GET", f"{guest.path}?done={guest.chosen}").body)
    assert "Your choice is saved." in kept.text
    # A link that somebody makes up says nothing.
    for done in ("chosen", "unsubscribed", "again"):
        made_up = Page(site.request("GET", f"{guest.path}?done={done}").body).text
        assert made_up == Page(site.request("GET", guest.path).body).text


def test_the_number_is_shown_to_nobody_who_does_not_know_it(site: AppClient, guest: Guest) -> None:
    html = site.request("GET", guest.path).body.decode()
    assert "…678" in html
    assert "345678" not in html
    assert "345 678" not in html
