"""How an installation stands, on both databases."""

from turnout.core.identity.operators import is_operator
from turnout.core.identity.organizations import list_organizations
from turnout.core.maintenance.standing import read_standing
from turnout.core.messaging.notices import queue_mail


def test_what_waits_is_counted(db, org_id):
    before = {queue.name: queue.waiting for queue in db.call(read_standing).queues}
    assert set(before) == {"registrations", "ticket_mails", "messages", "callbacks"}
    to = ["ada@example.com", "bob@example.com"]
    db.call(queue_mail, org_id, None, "Hello", ["Line"], to)
    standing = db.call(read_standing)
    after = {queue.name: queue.waiting for queue in standing.queues}
    assert after == before | {"messages": before["messages"] + 2}
    assert standing.database_bytes > 100_000
    assert standing.file_bytes >= 0


def test_the_first_organization_operates(db, org_id):
    numbers = [organization.org_id for organization in db.call(list_organizations)]
    operators = [number for number in numbers if db.call(is_operator, number)]
    assert org_id in numbers
    assert operators == [min(numbers)]
