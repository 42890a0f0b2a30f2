"""Verified mail domains are asked for again once a day, and lost ones are told."""

import asyncio
from functools import partial

import pytest

from tests.core.messaging.test_notices import mails
from tests.support.builder import make_organization
from tests.support.node import LocalNode
from tests.support.zone_server import ZoneServer
from tests.workers.conftest import until
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import OrgId
from turnout.core.messaging.alerts import list_alerts
from turnout.core.senders.domains import add_domain, get_domain, record_check
from turnout.core.senders.keys import NewKey
from turnout.core.senders.model import Found, SenderDomain
from turnout.http import name_lookups
from turnout.http.name_lookups import look_up
from turnout.workers.sender_checks import DAY_MS, sender_check_loop

KEYS = [NewKey("t1r", "rsa", "PEM", "AAAA"), NewKey("t1e", "ed25519", "PEM", "BBBB")]
TARGET = "bounces.host.example"
KEY = "t1r._domainkey.acme.example", "TXT"
RETURN_PATH = "bounces.acme.example", "CNAME"
ZONE = {KEY: ['"v=DKIM1; k=rsa; p=AAAA"'], RETURN_PATH: [f"{TARGET}."]}


class Firm:
    """An organization with a domain that was verified when it was added, and one that was not."""

    def __init__(self, node: LocalNode) -> None:
        self.node, self.db = node, node.db
        self.org_id: OrgId = self.db.call(make_organization, "acme")
        change = OrganizationChange(contact_email="post@acme.example")
        self.db.call(change_organization, self.org_id, change, actor="test")
        for name in ("acme.example", "other.example"):
            self.db.call(add_domain, self.org_id, name, KEYS, actor="test")
        found = {"t1r": Found.YES, "t1e": Found.MISSING}
        self.db.call(record_check, self.org_id, "acme.example", found, Found.YES, actor="test")

    def domain(self) -> SenderDomain:
        return self.db.call(get_domain, self.org_id, "acme.example")[0]

    def alerts(self) -> list[tuple[str, str]]:
        found = self.db.call(list_alerts, self.org_id, 9)
        return [(alert.kind.value, alert.subject) for alert in found]

    def look(self, dns: ZoneServer) -> None:
        """A day goes by, and the loop runs until it has looked."""
        self.node.clock.advance(DAY_MS / 1000)

        async def has_looked() -> bool:
            return self.domain().checked_at == self.node.clock()

        async def run() -> None:
            loop = sender_check_loop(self.db, TARGET, partial(look_up, resolver=dns.address))
            loop.start()
            await until(has_looked)
            await loop.stop()  # between two steps: what was found is kept

        asyncio.run(run())


def test_what_is_still_published_stays_verified(
    node: LocalNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(name_lookups, "LOOKUP_S", 0.3)
    firm = Firm(node)
    before = firm.domain()
    with ZoneServer() as dns:
        dns.zone = dict(ZONE)
        firm.look(dns)
        dns.is_silent = True
        firm.look(dns)
    after = firm.domain()
    assert (after.verified_at, after.returning_at) == (before.verified_at, before.returning_at)
    assert firm.alerts() == []


def test_a_key_that_is_gone_is_told(node: LocalNode) -> None:
    firm = Firm(node)
    with ZoneServer() as dns:
        dns.zone = {RETURN_PATH: ZONE[RETURN_PATH]}
        firm.look(dns)
    assert firm.domain().verified_at is None
    assert firm.alerts() == [("domains", "acme.example")]
    [alert] = firm.db.call(list_alerts, firm.org_id, 9)
    assert alert.text == (
        "No key of acme.example is published in its DNS any more, so its mail is not signed by it."
    )
    [mail] = mails(firm.db)
    assert (
        mail.subject
        == f"Alert for {firm.db.call(get_organization_of, firm.org_id).name}: {alert.text}"
    )
    assert "`turnout sender domain check acme acme.example` says what to publish." in mail.text


def test_a_return_path_that_leads_elsewhere_is_told(node: LocalNode) -> None:
    firm = Firm(node)
    with ZoneServer() as dns:
        dns.zone = {KEY: ZONE[KEY], RETURN_PATH: ["elsewhere.example."]}
        firm.look(dns)
    assert firm.domain().returning_at is None
    assert firm.domain().verified_at is not None
    assert firm.alerts() == [("return_paths", "acme.example")]
    [alert] = firm.db.call(list_alerts, firm.org_id, 9)
    assert alert.text.startswith("bounces.acme.example does not lead here any more")
