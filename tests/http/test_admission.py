"""Last uses, of every way in, in one place."""

from tests.support.node import Clock
from turnout.core.identity.model import Principal
from turnout.core.ids import CredentialId, EventId, OrgId
from turnout.http.admission import LastUses


def test_the_latest_use_of_each_credential_is_taken_once():
    clock = Clock(1000)
    last_uses = LastUses(clock)
    last_uses.note(Principal(OrgId(1), CredentialId(7), event_id=EventId(3)))
    clock.now = 2000
    last_uses.note(Principal(OrgId(1), CredentialId(7), event_id=EventId(4)))
    last_uses.note(Principal(OrgId(2), CredentialId(7)))
    assert last_uses.take() == {(1, 7): 2000, (2, 7): 2000}
    assert last_uses.take() == {}
