"""What pages of registrations say was just done, as the address tells it, and how to undo it."""

from falcon.asgi import Request

from turnout.core.ids import RegistrationId
from turnout.web.console.done import Done, Undo
from turnout.web.console.people.query import PeopleQuery
from turnout.web.console.words import say

BULK = ("check-in", "undo-check-in", "cancel", "restore", "resend", "tag", "untag")
SAID = (
    *(*BULK, "add", "note", "edit", "transfer", "merge", "erase", "nobody"),
    *("pay", "waive", "refund", "extend", "same"),
)
# What takes a change of one registration back.
_UNDO = {"check-in": "undo-check-in", "cancel": "restore"}


def say_list_done(req: Request) -> Done | None:
    """What the list says; for many, receipts.py does."""
    action = _read_action(req)
    if action in ("erase", "nobody", "filter_saved", "filter_removed", "not_undone"):
        return Done(say(f"console.people.done.{action}"))
    return None


def say_person_done(
    req: Request,
    scope: str,
    registration_id: RegistrationId,
    query: PeopleQuery,
    *,
    is_checked_in: bool = False,
) -> Done | None:
    """What the panel says."""
    action = _read_action(req)
    if action not in SAID:
        return None
    if action == "restore" and is_checked_in:
        return Done(say("console.people.done.restore_in"))
    own = f"/console/{scope}/people/{registration_id}"
    back = _UNDO.get(action)
    way = Undo(f"{own}/{back}{query.link(after=query.after)}", []) if back else None
    return Done(say(f"console.people.done.{action}"), way)


def _read_action(req: Request) -> str:
    # Beside a form's answer the address still names the step before.
    return req.get_param("done", default="") if req.method != "POST" else ""
