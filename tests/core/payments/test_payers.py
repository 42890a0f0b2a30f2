"""Who has the receipt of a ticket that was passed on."""

from tests.core.registrations.office import Office
from tests.support.builder import contact
from turnout.core.payments.payers import Logs, is_passed_on, list_receipts
from turnout.core.payments.settling import PaymentState, ask_for_payment, settle
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.transferring import find_holder, transfer_ticket


class Way:
    """A ticket with its price, which goes from Ann to others."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.holders = [office.add("ann")]
        self.codes = [office.tickets(self.holders[0])[0].code]
        due_at = office.db.clock() + 86_400_000
        office.act(ask_for_payment, self.codes[0], 4950, "EUR", due_at=due_at)

    def pay(self, state: PaymentState = PaymentState.PAID) -> None:
        self.office.node.clock.advance(1)
        self.office.act(settle, self.codes[-1], state)

    def pass_on(self, name: str) -> None:
        self.office.node.clock.advance(1)
        self.codes.append(self.office.act(transfer_ticket, self.codes[-1], contact(name)))
        self.holders.append(self.office.call(find_holder, self.codes[-1]))

    def receipts(self) -> list[list[tuple[str, str]]]:
        """Code and state of each holder's receipts."""
        return [
            [(one.code, one.state) for one in self.office.call(list_receipts, holder)]
            for holder in self.holders
        ]


def test_the_payer_keeps_the_receipt_under_the_code_of_then(node):
    way = Way(Office(node))
    first, reference = way.codes[0], f"T-{way.codes[0]}"
    way.pay()
    assert way.receipts() == [[(first, "paid")]]
    way.pass_on("bob")
    way.pass_on("cleo")
    assert way.receipts() == [[(first, "paid")], [], []]
    (kept,) = way.office.call(list_receipts, way.holders[0])
    assert (kept.reference, kept.amount_minor) == (reference, 4950)
    way.pay(PaymentState.REFUNDED)
    assert way.receipts() == [[(first, "refunded")], [], []]


def test_a_holder_in_between_who_pays_keeps_it_too(node):
    way = Way(Office(node))
    way.pass_on("bob")
    way.pay()
    way.pass_on("cleo")
    assert way.receipts() == [[], [(way.codes[1], "paid")], []]
    way.pay(PaymentState.REFUNDED)
    assert way.receipts() == [[], [(way.codes[1], "refunded")], []]


def test_a_registration_is_passed_on_until_something_else_becomes_of_it(node):
    way = Way(Office(node))
    ann = way.holders[0]
    assert not way.office.call(is_passed_on, ann)
    way.pass_on("bob")
    assert way.office.call(is_passed_on, ann)
    way.office.act(cancel_registration, way.holders[1])
    assert not way.office.call(is_passed_on, way.holders[1])


def test_each_log_is_read_once_in_a_transaction(node):
    way = Way(Office(node))
    way.pay()
    way.pass_on("bob")
    way.pay(PaymentState.REFUNDED)
    ann = way.holders[0]

    def read(tx, org_id):
        logs = Logs(tx, org_id)
        before = logs.of(ann)
        list_receipts(tx, org_id, ann, logs)
        is_passed_on(tx, org_id, ann, logs)
        return before is logs.of(ann), len(before)

    is_same, count = way.office.call(read)
    assert is_same
    assert count > 1
