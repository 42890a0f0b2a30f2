"""A message to one candidate, beside what is done with them: as it is drafted, typed and sent."""

from turnout.core.exams.letters import Notice, check_notice, send_notice
from turnout.core.exams.rolls import collect_candidates, get_room, list_candidates
from turnout.core.ids import EventId
from turnout.web.console.forms import Form
from turnout.web.console.page import Visit
from turnout.web.console.words import say


def draft(action: str, name: str, code: str) -> dict[str, str]:
    """What a form about a candidate begins with: the message, with their name, and that it is
    sent. What the exam says is filled in when it is: it may be another one by then."""
    begins = "console.exams.draft." + action
    text = say(f"{begins}.text").unescape()
    text = text.replace("%%name%%", name).replace("%%code%%", code)
    return {"tell": "1", "subject": say(f"{begins}.subject").unescape(), "text": text}


def read_told(form: Form) -> Notice | None:
    """The message that was typed; None where nobody is to be told."""
    if not form.has("tell"):
        return None
    return Notice(form.text("subject", limit=200), form.text("text", limit=20_000))


def tell_one(visit: Visit, event_id: EventId, uuid: str, notice: Notice | None) -> bool:
    """Write to a confirmed candidate of an exam; whether they have an address. Raises Invalid,
    Missing."""
    if notice is None:
        return False
    check_notice(notice)
    tx, org_id = visit.tx, visit.org_id
    exam, room = get_room(tx, org_id, event_id)
    found = collect_candidates(lambda after: list_candidates(tx, org_id, event_id, after))
    own = [one for one in found if one.uuid == uuid and one.email]
    return bool(send_notice(tx, org_id, exam, room, own, notice, actor=visit.user.actor))
