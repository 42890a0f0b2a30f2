"""In which language somebody is written to."""

from turnout.catalogue.translations import ENGLISH, find_locale
from turnout.core.events.showing import EventView
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import OrgId
from turnout.store import Tx


def primary(tag: str) -> str:
    """The language of a tag without its region: `pt` for `pt-BR`."""
    return tag.replace("_", "-").partition("-")[0].lower()


def preferred_languages(tx: Tx, org_id: OrgId, shown: EventView, own: str = "") -> list[str]:
    """The languages to write in, the best first: that in which somebody registered (`own`), the
    event's, the organization's, English."""
    tags = (own, shown.details.locale, get_organization_of(tx, org_id).locale, ENGLISH)
    return list(dict.fromkeys(primary(tag) for tag in tags if tag))


def event_language(tx: Tx, org_id: OrgId, shown: EventView) -> str:
    """The language of an event's papers and lists: its own."""
    return choose_language(preferred_languages(tx, org_id, shown))


def choose_language(tags: list[str]) -> str:
    """The first of these languages that the catalogue has, else English."""
    return next(filter(None, map(find_locale, tags)), ENGLISH)
