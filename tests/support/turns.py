"""One step of a queue, claimed and done at once, for tests in which no worker is killed."""

from turnout.core.messaging.prices import Prices
from turnout.core.messaging.starting import Resolve, schedule_queue
from turnout.core.registrations.offers import OFFERS, PROMOTIONS
from turnout.core.waiting_list.mails import list_mail_queue
from turnout.core.work.claims import Queue, turn
from turnout.store import Tx

SLICE = 50


def run(tx: Tx, queue: Queue) -> int:
    """Do what is due for up to SLICE rows; how many there were."""
    claimed = turn(tx, queue, [], SLICE)
    turn(tx, queue, claimed, 0)
    return len(claimed)


def move_on(tx: Tx) -> bool:
    """Let offers lapse whose deadline has passed, and offer free places; whether there may be more
    to do."""
    lapsed = run(tx, OFFERS)
    return SLICE in (lapsed, run(tx, PROMOTIONS))


def tell_of_list(tx: Tx, base_url: str) -> bool:
    """Queue the mails to people who are new on a waiting list or newly offered a place; whether
    there may be more."""
    return run(tx, list_mail_queue(base_url)) == SLICE


def run_schedules(tx: Tx, resolve: Resolve, prices: Prices) -> bool:
    """Do what is due for some jobs; whether there may be more."""
    return run(tx, schedule_queue(resolve, prices)) > 0
