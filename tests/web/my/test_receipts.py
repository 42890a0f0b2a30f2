"""The receipt of a ticket that was paid, behind the guest's own link."""

import pytest

from tests.core.registrations.guest import choose
from tests.formats.pdf.reading import read_text, squeeze
from tests.support.builder import contact
from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.my.test_resources import BROWSER, Visit, text
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.payments.settling import PaymentState, ask_for_payment, settle
from turnout.core.registrations.guest_access import Access
from turnout.core.registrations.transferring import find_holder, transfer_ticket
from turnout.core.tickets.guest_links import make_guest_tokens

DAY_MS = 24 * 3600 * 1000


class PaidVisit(Visit):
    """Somebody whose ticket costs something."""

    def __init__(self, node: LocalNode) -> None:
        super().__init__(node)
        office = self.office
        (ticket,) = office.tickets(self.guest.id)
        self.ticket = ticket.code
        price = (office.org_id, self.ticket, 24_050, "EUR")
        due_at = office.db.clock() + DAY_MS
        office.db.call(ask_for_payment, *price, due_at=due_at, reference="R-2027-1", actor="test")

    def settle(self, state: PaymentState) -> None:
        self.office.db.call(settle, self.office.org_id, self.ticket, state, actor="test")

    def receipt(self, query: str = "") -> Answer:
        return self.get(f"/receipts/{self.ticket}{query}")


@pytest.fixture
def visit(node: LocalNode) -> PaidVisit:
    return PaidVisit(node)


def test_a_paid_ticket_has_a_receipt(visit: PaidVisit) -> None:
    profile = OrganizationChange(website="https://acme.example")
    visit.office.db.call(change_organization, visit.office.org_id, profile, actor="test")
    assert "Receipt" not in text(visit.get())
    assert visit.receipt().status == 404
    visit.settle(PaymentState.PAID)
    assert f'href="{visit.path}/receipts/{visit.ticket}' in visit.get().body.decode()
    answer = visit.receipt()
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="receipt-{visit.ticket}.pdf"'
    )
    said = " ".join(read_text(answer.body))
    facts = ("Receipt R-2027-1", "€240.50", "Paid on", visit.ticket, "Ann Lee", "acme.example")
    for words in facts:
        assert squeeze(words) in said
    german = " ".join(read_text(visit.receipt("?lang=de").body))
    for words in ("Quittung R-2027-1", "240,50", "Bezahlt am"):
        assert squeeze(words) in german


def test_what_was_given_back_says_so(visit: PaidVisit) -> None:
    visit.settle(PaymentState.PAID)
    visit.settle(PaymentState.REFUNDED)
    said = " ".join(read_text(visit.receipt().body))
    assert "Refundedon" in said
    assert "Paidon" not in said


def test_what_was_waived_has_none(visit: PaidVisit) -> None:
    visit.settle(PaymentState.WAIVED)
    assert visit.receipt().status == 404
    assert "Receipt" not in text(visit.get())


def test_a_browser_that_must_prove_the_address_gets_none(visit: PaidVisit) -> None:
    visit.settle(PaymentState.PAID)
    choose(visit.office, confirms_links=True)
    assert visit.receipt().status == 403
    other = PaidVisit(visit.office.node)
    path = f"{other.path}/receipts/{visit.ticket}"
    assert visit.office.node.client.request("GET", path, headers=BROWSER).status == 404


def test_a_receipt_stays_with_the_payer_when_the_ticket_goes_on(visit: PaidVisit) -> None:
    office = visit.office
    visit.settle(PaymentState.PAID)
    before = read_text(visit.receipt().body)
    former, codes, ids = visit.ticket, [visit.ticket], [visit.guest.id]
    for name in ("bob", "cleo"):
        office.node.clock.advance(1)
        to = contact(name, last_name="Roe")
        codes.append(office.act(transfer_ticket, codes[-1], to))
        ids.append(office.call(find_holder, codes[-1]))
    visit.guest.access = Access(visit.guest.mail())
    visit.path = f"/my/{visit.guest.access.token}"
    page = visit.get()
    assert f'href="{visit.path}/receipts/{former}' in page.body.decode()
    assert not any(code in page.body.decode() for code in codes[1:])
    assert read_text(visit.receipt().body) == before
    # It says that the ticket went on, and not to whom.
    assert "Your ticket was transferred to somebody else." in text(page)
    assert not any(word in text(page) for word in ("Cancelled", "This registration", "Roe"))
    for code, registration_id in zip(codes[1:], ids[1:], strict=True):
        token = office.call(make_guest_tokens, [registration_id])[registration_id]
        visit.path, visit.ticket = f"/my/{token}", code
        assert visit.receipt().status == 404
        assert "Receipt" not in text(visit.get())
    # Given back to the last holder, it is still the payer's receipt.
    office.node.clock.advance(1)
    visit.settle(PaymentState.REFUNDED)
    assert visit.receipt().status == 404
    visit.path, visit.ticket = f"/my/{visit.guest.access.token}", former
    assert squeeze("Refunded on") in " ".join(read_text(visit.receipt().body))


def test_a_new_holder_who_pays_has_the_receipt(visit: PaidVisit) -> None:
    office = visit.office
    former = visit.ticket
    office.node.clock.advance(1)
    visit.ticket = office.act(transfer_ticket, former, contact("bob", last_name="Roe"))
    office.node.clock.advance(1)
    visit.settle(PaymentState.PAID)
    visit.path = f"/my/{visit.guest.mail()}"
    assert "Receipt" not in text(visit.get())
    holder = office.call(find_holder, visit.ticket)
    visit.path = f"/my/{office.call(make_guest_tokens, [holder])[holder]}"
    assert squeeze("Roe") in " ".join(read_text(visit.receipt().body))
