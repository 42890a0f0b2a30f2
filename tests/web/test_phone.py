"""The page of a demo's simulated phone, to members of the demo."""

from collections.abc import Iterator

import pytest

from tests.support.builder import make_organization
from tests.support.client import Answer, AppClient
from tests.support.node import LocalNode
from tests.web.conftest import BASE_URL
from tests.web.reading import Page
from tests.web.signing_in import sign_in
from turnout.core.identity.model import Role
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.users import create_user
from turnout.demo.phone.keeping import HeardCall
from turnout.web.catalogue import Demo, DemoPhone, WebParts
from turnout.web.phone import CALLS_LIMIT
from turnout.web.routes import build

PASSWORD = "Test password 1"
EVENTS = [
    (0.0, "ringing", ""),
    (0.4, "answered", ""),
    (3.25, "pressed", "1"),
    (9.0, "hung_up", ""),
]
CALL = HeardCall("0002", "+61412345605", "+61398765432", 1796070375710, "1", True, EVENTS)
BUSY = HeardCall("0001", "<b>", "+61398765432", 1796070375710, events=[(0.0, "refused", "486 No")])


@pytest.fixture(scope="module")
def phone_site(node: LocalNode) -> Iterator[AppClient]:
    org_id = node.db.call(make_organization, "phone-1", "First")
    other = node.db.call(make_organization, "phone-2", "Second")
    for org, name in ((org_id, "acct"), (other, "other")):
        node.db.call(
            create_user,
            org,
            f"phone/{name}",
            name=name,
            email=f"{name}@example.com",
            role=Role.ACCT,
            password_hash=hash_password(PASSWORD),
            actor="test",
        )
    sounds = {"0002": b"RIFF"}
    phone = DemoPhone(org_id, lambda: [CALL, *[BUSY] * CALLS_LIMIT], sounds.get)
    parts = WebParts(BASE_URL, (), Demo([], "", phone), node.db, node.node.page_sessions)
    with AppClient(build(parts)) as client:
        yield client


def ask(site: AppClient, name: str, path: str) -> Answer:
    headers = sign_in(site, f"phone/{name}", PASSWORD) | {"Accept": "text/html"}
    return site.request("GET", path, headers=headers)


def test_members_see_calls_with_their_sound_keys_and_timeline(phone_site: AppClient) -> None:
    answer = ask(phone_site, "acct", "/outbox/phone")
    page = Page(answer.body)
    assert answer.headers["cache-control"] == "no-store"
    assert "media-src 'self'" in answer.headers["content-security-policy"]
    assert "Call 0002 to +61412345605 from +61398765432" in page.text
    assert "Keys pressed: 1" in page.text
    assert "3.2 s Key 1 was pressed. 9.0 s The caller hung up." in page.text
    assert "The call was refused: 486 No." in page.text
    assert "to <b> from" in page.text
    assert [link for link in page.links if link.endswith(".wav")] == ["/outbox/phone/0002.wav"]
    assert page.text.count("Call 000") == CALLS_LIMIT
    sound = ask(phone_site, "acct", "/outbox/phone/0002.wav")
    assert (sound.status, sound.headers["content-type"], sound.body) == (200, "audio/wav", b"RIFF")
    assert ask(phone_site, "acct", "/outbox/phone/0001.wav").status == 404


@pytest.mark.parametrize("path", ["/outbox/phone", "/outbox/phone/0002.wav"])
def test_others_see_nothing(phone_site: AppClient, site: AppClient, path: str) -> None:
    assert phone_site.request("GET", path).status == 401
    assert ask(phone_site, "other", path).status == 404
    assert site.request("GET", path).status == 404  # a server that is no demo has no phone
