"""Which ways somebody lets an organization write to them, behind the link of a mailing.

The link proves one address. Where the organization knows a person by it, they see the other ways to
reach them, too, and can refuse each. Only the way that the link came by can be allowed again: a
number may have said STOP itself, and the reader of a mail may not have that phone.
"""

from collections.abc import Iterable
from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.identity.countries import find_country
from turnout.core.ids import OrgId
from turnout.core.messaging.consents import renew_consent
from turnout.core.messaging.model import MEDIA, Channel, Medium
from turnout.core.messaging.numbers import address_key, to_address
from turnout.core.messaging.opt_outs import forget_refusal, list_opted_out, opt_out, read_link
from turnout.core.people.merging import find_person
from turnout.store import Tx

ACTOR = "link"
# A person has one number; whether it is a mobile one is the network's to say.
_BY_PHONE = (Channel.SMS, Channel.TTS)


class Preference(NamedTuple):
    """A way to reach somebody, and whether it may be used; `is_own` when the link came by it."""

    channel: Channel
    address: str
    is_allowed: bool
    is_own: bool

    @property
    def medium(self) -> Medium:
        return MEDIA[self.channel]


def list_preferences(tx: Tx, token: str) -> tuple[str, list[Preference]]:
    """The organization's name, and the ways by which it can reach whom the link was sent to.
    Raises Missing for a link that this server did not make."""
    _, org_name, preferences = _read_preferences(tx, token)
    return org_name, preferences


def choose_preferences(tx: Tx, token: str, wanted: Iterable[Medium]) -> str:
    """Allow the `wanted` ways and refuse the others, as far as the link may; the organization's
    name. Idempotent. Raises Missing."""
    allowed = set(wanted)
    org_id, org_name, preferences = _read_preferences(tx, token)
    for preference in preferences:
        medium, key = preference.medium, address_key(preference.channel, preference.address)
        if preference.is_allowed and medium not in allowed:
            opt_out(tx, org_id, medium, key, source=ACTOR)
        elif not preference.is_allowed and medium in allowed and preference.is_own:
            forget_refusal(tx, org_id, preference.channel, preference.address)
            renew_consent(tx, org_id, medium, key)
            record(tx, org_id, ACTOR, "removed", "opt_out", 0, medium=medium.value)
    return org_name


def _read_preferences(tx: Tx, token: str) -> tuple[OrgId, str, list[Preference]]:
    org_id, org_name, channel, address = read_link(tx, token)
    ways = [(channel, address), *_other_ways(tx, org_id, channel, address)]
    preferences = [
        Preference(way, target, not list_opted_out(tx, org_id, way, [target]), way is channel)
        for way, target in ways
    ]
    return org_id, org_name, preferences


def _other_ways(tx: Tx, org_id: OrgId, channel: Channel, address: str) -> list[tuple[Channel, str]]:
    person = find_person(tx, org_id, address) if channel is Channel.EMAIL else None
    phone = person.contact.phone if person else ""
    country = find_country(tx, org_id) if phone else ""
    found = [(way, to_address(way, phone, country)) for way in _BY_PHONE] if phone else []
    return [(way, number) for way, number in found if number]
