"""A report is shared by a link that shows totals, ends by itself, and can be revoked."""

import json
import re

import pytest

from tests.core.audience.cinema import LIVE_FROM, Cinema, open_cinema
from tests.core.identity.staff import add_user as add_colleague
from tests.core.identity.staff import principal_of
from tests.support.builder import make_organization
from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from tests.web.signing_in import FORM
from turnout.core.audience.sharing import KEPT_MS, forget_old_links
from turnout.core.identity.model import Role
from turnout.core.identity.page_sessions import begin_page_session, form_token_of
from turnout.core.identity.roles import StaffRole
from turnout.core.ids import OrgId
from turnout.store import Tx

HOUR, DAY = 3_600_000, 86_400_000
ADDRESS = re.compile(r"<code>https?://[^/<]+(/summary/shared/[\w-]{43})</code>")
BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def house(node: LocalNode) -> OrgId:
    node.clock.now = LIVE_FROM - HOUR
    return node.db.call(make_organization, "shared", "Shared House")


@pytest.fixture
def now(node: LocalNode, house: OrgId) -> int:
    node.clock.now = LIVE_FROM - HOUR
    return node.clock.now


@pytest.fixture(scope="module")
def owner(node: LocalNode, house: OrgId) -> Desk:
    return add_user(node, house, "shared/owner", Role.ADMIN)


@pytest.fixture(scope="module")
def cinema(node: LocalNode, house: OrgId) -> Cinema:
    cinema = open_cinema(node.db, house)
    cinema.register("ada@example.org", sti="newsletter")
    cinema.register("bob@example.com")
    return cinema


def page_of(cinema: Cinema) -> str:
    return f"/console/{cinema.event.id}/report/links"


def share(desk: Desk, cinema: Cinema, query: str = "", **fields: str) -> Answer:
    given = {"label": "Sponsors", "days": "7"} | fields
    return desk.send(f"{page_of(cinema)}{query}", page_of(cinema), **given)


def address_in(answer: Answer) -> str:
    assert answer.status == 200
    found = ADDRESS.search(answer.body.decode())
    assert found
    return found[1]


def visit(node: LocalNode, path: str) -> Answer:
    return node.client.request("GET", path, headers=BROWSER)


def test_a_link_shows_totals_without_a_name(
    node: LocalNode, owner: Desk, cinema: Cinema, now: int
) -> None:
    path = address_in(share(owner, cinema))
    answer = visit(node, path)
    page = answer.body.decode()
    assert answer.status == 200
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert "<dt>Registered</dt><dd>2</dd>" in page
    assert "Shown to you by Shared House until Mon 11 Jan 2027, 14:00." in page
    assert "@" not in page.partition("<main")[2]
    assert "?from=" not in page
    assert visit(node, f"{path}/report.csv").status == 404
    # It is kept as a digest, and shown once.
    listed = owner.read(page_of(cinema))
    assert path.rpartition("/")[2] not in listed
    assert "by Shared/Owner, Mon 4 Jan 2027, 14:00" in listed


def test_a_link_shows_the_report_with_its_filters(
    node: LocalNode, owner: Desk, cinema: Cinema, now: int
) -> None:
    path = address_in(share(owner, cinema, "?source=newsletter"))
    assert "<dt>Registered</dt><dd>1</dd>" in visit(node, path).body.decode()


def test_an_owner_may_add_the_names_and_each_download_is_audited(
    node: LocalNode, owner: Desk, cinema: Cinema, house: OrgId, now: int
) -> None:
    path = address_in(share(owner, cinema, "?source=newsletter", names="1", label="Press"))
    assert f'href="{path}/report.csv"' in visit(node, path).body.decode()
    file = visit(node, f"{path}/report.csv")
    assert file.status == 200
    assert re.findall(r"\w+@example\.\w+", file.body.decode()) == ["ada@example.org"]
    actor, facts = node.db.call(_last_export, house)
    assert actor.startswith("report link ")
    assert json.loads(facts) == {"what": "report as csv", "count": 1}


def test_nobody_but_an_owner_may_add_the_names(
    node: LocalNode, cinema: Cinema, house: OrgId, now: int
) -> None:
    user = add_colleague(node.db, house, "shared/organizer", {StaffRole.ORGANIZER})
    session = node.db.call(begin_page_session, principal_of(node.db, user))
    headers = {"Cookie": f"turnout-session={session}"} | BROWSER
    page = node.client.request("GET", page_of(cinema), headers=headers)
    assert 'name="names"' not in page.body.decode()
    form = f"token={form_token_of(session)}&label=Press&days=7"
    for names, status in (("&names=1", 403), ("", 200)):
        answer = node.client.request(
            "POST", page_of(cinema), headers=headers | FORM, body=(form + names).encode()
        )
        assert answer.status == status


def test_a_link_ends_by_itself(node: LocalNode, owner: Desk, cinema: Cinema, now: int) -> None:
    path = address_in(share(owner, cinema, days="1"))
    node.clock.now = now + DAY - 1
    assert visit(node, path).status == 200
    node.clock.now = now + DAY
    answer = visit(node, path)
    assert answer.status == 410
    assert "This link has ended" in answer.body.decode()


def test_a_link_is_revoked_after_a_question(
    node: LocalNode, owner: Desk, cinema: Cinema, now: int
) -> None:
    path = address_in(share(owner, cinema, label="Board"))
    listed = owner.read(page_of(cinema))
    (ask,) = re.findall(r'href="([^"]+)">Revoke \u201cBoard\u201d\u2026', listed)
    asked = owner.read(ask)
    assert "Revoke the link for \u201cBoard\u201d?" in asked
    (number,) = re.findall(r'name="revoke" value="(\d+)"', asked)
    answer = owner.send(page_of(cinema), page_of(cinema), revoke=number)
    assert answer.headers["location"] == f"{page_of(cinema)}?done=revoked"
    assert "The link shows nothing any more." in owner.read(answer.headers["location"])
    assert visit(node, path).status == 410
    assert owner.send(page_of(cinema), page_of(cinema), revoke=number).status == 404


def test_what_is_wrong_is_said_and_what_was_typed_stays(
    owner: Desk, cinema: Cinema, now: int
) -> None:
    answer = share(owner, cinema, label="", days="400", names="1")
    page = answer.body.decode()
    assert answer.status == 422
    assert 'id="e-label"' in page
    assert 'id="e-days"' in page
    assert re.search(r'name="names" value="1" checked', page)
    assert share(owner, cinema, "?from=x").status == 422


def test_a_guess_shows_nothing(node: LocalNode, now: int) -> None:
    assert visit(node, f"/summary/shared/{'a' * 43}").status == 404


def test_links_are_forgotten_30_days_after_their_end(
    node: LocalNode, owner: Desk, cinema: Cinema, house: OrgId, now: int
) -> None:
    share(owner, cinema, days="1")
    count = f"SELECT count(*) FROM report_links WHERE org_id = {house}"
    before = _count(node, count)
    node.clock.now = now + 8 * DAY + KEPT_MS
    assert node.db.call(forget_old_links, 1000) == before > 0
    assert _count(node, count) == 0


def _count(node: LocalNode, statement: str) -> int:
    found: int = node.db.call(lambda tx: tx.connection.execute(statement).fetchone()[0])
    return found


def _last_export(tx: Tx, org_id: OrgId) -> tuple[str, str]:
    row: tuple[str, str] = tx.connection.execute(
        f"SELECT actor, facts FROM audit_entries WHERE org_id = {org_id} AND action = 'exported'"
        " ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return row
