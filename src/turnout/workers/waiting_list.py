"""The loops of the waiting list (core/registrations/offers.py, core/waiting_list/mails.py), of
tickets by mail (core/tickets/mails.py), of payments that are due (core/payments/settling.py) and of
reminders (core/registrations/reminding.py) and of invitations that go at a time
(core/invitations/planning.py)."""

from turnout.core.audience.links import list_watch_links
from turnout.core.invitations.planning import WAKE as INVITED
from turnout.core.invitations.planning import plan_queue
from turnout.core.messaging.prices import Prices
from turnout.core.payments.settling import OVERDUE
from turnout.core.registrations.offers import OFFERS, PROMOTIONS
from turnout.core.registrations.reminding import WAKE, reminder_queue
from turnout.core.waiting_list.entries import QUEUE
from turnout.core.waiting_list.mails import SLICE, list_mail_queue
from turnout.store import Database
from turnout.workers.loop import Loop
from turnout.workers.ticket_mails import TicketMailLoop
from turnout.workers.turns import TurnLoop

SWEEP_S = 5.0


def waiting_loops(db: Database, base_url: str, prices: Prices) -> list[Loop]:
    """The loops on this node; `base_url` is the address in every link, `prices` are what mails
    cost."""
    queues = (OFFERS, PROMOTIONS, OVERDUE, list_mail_queue(base_url))
    turns = [TurnLoop(db, queue, SLICE, SWEEP_S, rests=True) for queue in queues]
    for loop in turns:
        db.on_wake(QUEUE, loop.wake)
    # One event at a time is done to its end: what is left of it is due again at once.
    reminders = TurnLoop(db, reminder_queue(base_url, list_watch_links), 1, SWEEP_S)
    db.on_wake(WAKE, reminders.wake)
    invitations = TurnLoop(db, plan_queue(base_url, prices), 1, SWEEP_S)
    db.on_wake(INVITED, invitations.wake)
    return [*turns, reminders, invitations, TicketMailLoop(db, base_url)]
