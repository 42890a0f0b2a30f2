"""Who did something: what the actors of the audit are called on pages."""

from collections.abc import Mapping

from turnout.core.identity.credentials import list_credentials
from turnout.core.identity.staff import list_colleagues
from turnout.core.identity.users import list_users
from turnout.web.console.page import Visit
from turnout.web.console.words import say

_SERVER = frozenset({"system", "worker", "retention", "set aside"})
_GUESTS = frozenset({"guest", "waiting", "invitee", "link"})


def name_actors(visit: Visit) -> dict[str, str]:
    """The users and programs of the organization, by their actor."""
    tx, org_id = visit.tx, visit.org_id
    own = list_users(tx, org_id)
    users = [*own, *(line.user for line in list_colleagues(tx, org_id))]
    keys = [one for one in list_credentials(tx, org_id) if one.kind != "password"]
    return {f"user:{user.id}": user.name or user.user_code for user in users} | {
        f"credential:{one.id}": one.name for one in keys
    }


def name_actor(who: str, names: Mapping[str, str]) -> str:
    """An actor in words: a name where there is one; of an unknown kind as it is."""
    kind, _, name = who.partition(":")
    if kind in _GUESTS:
        return str(say("console.actor.guest"))
    if kind in _SERVER:
        return str(say("console.actor.server"))
    if kind.startswith("report link"):
        return str(say("console.actor.report_link"))
    if kind == "invitation":
        return str(say("console.actor.invitation"))
    if kind in ("cli", "device"):
        return say("console.actor." + kind, name=name).unescape()
    if kind == "user":
        return names.get(who) or str(say("console.actor.no_user"))
    if kind == "credential":
        known = names.get(who)
        code = "console.actor.credential" if known else "console.actor.no_credential"
        return say(code, name=known or "").unescape()
    return who


def say_by(who: str, names: Mapping[str, str]) -> str:
    """`by NAME`; empty where nobody's name is kept."""
    return say("console.by", name=name_actor(who, names)).unescape() if who else ""
