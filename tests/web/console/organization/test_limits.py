"""Prices, what users may spend, the credit, and rules for jobs."""

from collections.abc import Iterator

import pytest

from tests.core.messaging.jobs import POLICY, new_job
from tests.support.builder import Builder
from tests.support.node import LocalNode, new_database, open_node
from tests.web.console.desk import Desk, add_user
from tests.web.console.test_event_flows import done_of
from turnout.core.identity.members import find_password
from turnout.core.identity.model import Role
from turnout.core.identity.profiles import get_profile
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.calling import get_calling
from turnout.core.messaging.credit import add_credit, get_credit
from turnout.core.messaging.limits import list_limits
from turnout.core.messaging.model import NewRecipient

PATH = "/console/rail/settings/limits"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    """A node with prices; the other modules' has none."""
    url = new_database("sqlite", tmp_path_factory.mktemp("limits"))
    with open_node(url, prices="sms:61=0.05 sms=0.2") as node:
        yield node


@pytest.fixture(scope="module")
def org_id(node: LocalNode):
    return node.db.call(lambda tx: Builder(tx, "rail", "Rail Forum").org_id)


def test_prices_are_told(desk: Desk) -> None:
    page = desk.read(PATH)
    assert '<td>+61</td><td class="num">€0.05</td>' in page
    assert '<td>anywhere else</td><td class="num">€0.20</td>' in page
    assert "Nothing was sent in that month." in page


def test_what_was_sent_in_a_month_is_exported(node: LocalNode, org_id, desk: Desk) -> None:
    found = node.db.call(find_password, desk.user_code)
    assert found
    to = [NewRecipient("61412345678")]
    node.db.call(accept_job, found.principal, new_job(), to, POLICY)
    page = desk.read(f"{PATH}?month=2027-01")
    assert "Sent in January 2027" in page
    assert "usage.csv?month=2027-01" in page
    answer = desk.open("/console/rail/settings/usage.csv?month=2027-01")
    assert answer.headers["content-disposition"] == 'attachment; filename="usage-rail-2027-01.csv"'
    assert "rail/owner,sms,broadcast,1,1," in answer.body.decode()
    assert "Sent in December 2026" in desk.read(f"{PATH}?month=2026-12")
    assert "Sent in January 2027" in desk.read(f"{PATH}?month=soon")


def test_a_user_gets_a_monthly_limit_and_nobody_raises_their_own(
    node: LocalNode, org_id, desk: Desk
) -> None:
    add_user(node, org_id, "rail/spender", Role.ACCT)
    assert done_of(desk.send(PATH, PATH, do="user", user="rail/spender", limit="50")) == "user"
    assert done_of(desk.send(PATH, PATH, do="user", user="rail/owner", limit="10")) == "user"
    limits = {one.user_code: one.limit for one in node.db.call(list_limits, org_id, "UTC")}
    assert (limits["rail/spender"], limits["rail/owner"]) == (50, 10)
    for limit in ("11", ""):
        answer = desk.send(PATH, PATH, do="user", user="rail/owner", limit=limit)
        assert answer.status == 422
        assert "Nobody raises their own monthly limit" in answer.body.decode()
    assert desk.send(PATH, PATH, do="user", user="rail/spender", limit="x").status == 422
    assert desk.send(PATH, PATH, do="user", user="nobody", limit="1").status == 422


def test_the_credit_is_shown_and_watched(node: LocalNode, org_id, desk: Desk) -> None:
    assert "you pay afterwards" in desk.read(PATH)
    assert desk.send(PATH, PATH, do="alert", alert="5").status == 422
    node.db.call(add_credit, org_id, 20_000_000, "Invoice 7", actor="test")
    assert done_of(desk.send(PATH, PATH, do="alert", alert="5,50")) == "alert"
    assert node.db.call(get_credit, org_id) == (20_000_000, 5_500_000)
    page = desk.read(PATH)
    assert "Invoice 7" in page
    assert "you are told below €5.50" in page
    assert done_of(desk.send(PATH, PATH, do="alert", alert="")) == "alert"
    assert node.db.call(get_credit, org_id).alert_micros is None


def test_rules_for_jobs_are_kept(node: LocalNode, org_id, desk: Desk) -> None:
    sent = desk.send(PATH, PATH, do="rules", approval_above="500", requires_consent="1")
    assert done_of(sent) == "rules"
    profile = node.db.call(get_profile, org_id)
    assert (profile.approval_above, profile.requires_consent) == (500, True)
    assert 'value="500"' in desk.read(PATH)
    wrong = desk.send(PATH, PATH, do="rules", approval_above="many")
    assert wrong.status == 422
    assert 'value="many"' in wrong.body.decode()


def test_who_may_be_called_is_set(node: LocalNode, org_id, desk: Desk) -> None:
    page = desk.read(PATH)
    assert "None yet, as the organization" in page
    assert "have cost €500.00" in page
    what = {"do": "calls", "call_countries": "NZ", "call_agents": "+6433456789\n112"}
    wrong = desk.send(PATH, PATH, **what)
    assert wrong.status == 422
    assert "&#39;112&#39; is not a number that calls can be put" in wrong.body.decode()
    unknown = desk.send(PATH, PATH, **what | {"call_countries": "Mars", "call_agents": ""})
    assert "&#39;Mars&#39; is not the code of a country" in unknown.body.decode()
    assert node.db.call(get_calling, org_id).countries == ()
    right = what | {"call_countries": "nz  AU", "call_agents": "+6433456789\n\n"}
    assert done_of(desk.send(PATH, PATH, **right)) == "calls"
    assert node.db.call(get_calling, org_id)[:2] == (("AU", "NZ"), ("6433456789",))
    page = desk.read(PATH)
    assert ('value="AU NZ"' in page, "+6433456789</textarea>" in page) == (True, True)
