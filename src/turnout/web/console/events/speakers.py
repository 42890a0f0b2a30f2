"""`/console/{event}/speakers/{speaker}`: who speaks; added, changed, removed."""

from falcon.asgi import Request, Response

from turnout.core.events.model import Speaker
from turnout.core.events.speakers import (
    SpeakerChange,
    add_speaker,
    change_speaker,
    get_speaker,
    list_speakers,
    remove_speaker,
)
from turnout.core.ids import SpeakerId
from turnout.web.console.events.clashes import (
    Clash,
    Values,
    find_clash,
    list_differences,
    version_of,
)
from turnout.web.console.events.going import attempt, attempt_once, lead_to, read_number
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

NEW = "new"
TEMPLATE = "console/events/speaker.html"


class SpeakerPage(ConsolePage):
    """`/console/{event}/speakers/{speaker}`; `new` = one more."""

    async def on_get(self, req: Request, resp: Response, scope: str, speaker: str) -> None:
        """The speaker's form. Raises Missing."""
        found = await self.console.read(req, "event.change", find_speaker, speaker)
        values = values_of(found)
        form, version = fill(values), version_of(values)
        self.console.show(
            req, resp, TEMPLATE, form=form, speaker=found, version=version, differences=[]
        )

    async def on_post(self, req: Request, resp: Response, scope: str, speaker: str) -> None:
        """Save or remove."""
        form = await self.console.take(req)
        path, clash = f"/console/{scope}/programme", None
        if form.has("remove"):
            verb = remove_speaker_of
            if await attempt(self.console, req, form, "event.change", verb, speaker):
                lead_to(resp, path, "speaker_removed", "speakers")
                return
        else:
            change = read_speaker(form)
            named = (speaker, form.value("version"), change)
            saved = await attempt_once(
                self.console, req, form, "event.change", save_speaker, *named
            )
            if isinstance(saved, Clash):
                clash = saved
                form.fault("", saved.fault)
            elif saved:
                lead_to(resp, path, "speaker", "speakers")
                return
        found = await self.console.read(req, "event.change", find_speaker, speaker)
        version = version_of(values_of(found)) if clash else form.value("version")
        differences = list_differences(form, clash) if clash else []
        more = {"speaker": found, "version": version, "differences": differences}
        self.console.refuse(req, resp, TEMPLATE, form, **more)


def find_speaker(visit: Visit, speaker: str) -> Speaker | None:
    """The speaker of that number, None for a new one. Raises Missing."""
    if speaker == NEW:
        return None
    number = SpeakerId(read_number(speaker))
    return get_speaker(visit.tx, visit.org_id, visit.at.id, number)


def values_of(speaker: Speaker | None) -> Values:
    """What the form shows of a speaker."""
    if speaker is None:
        return {}
    return {
        "name": speaker.name,
        "headline": speaker.headline,
        "description": speaker.description,
    }


def read_speaker(form: Form) -> SpeakerChange:
    """What was typed."""
    return SpeakerChange(
        name=form.text("name", limit=200),
        headline=form.text("headline", limit=200, is_required=False),
        description=form.text("description", limit=20_000, is_required=False),
    )


def save_speaker(
    visit: Visit, speaker: str, version: str, change: SpeakerChange
) -> Clash | Speaker:
    """Add a speaker behind the others, or change one unless somebody else did before."""
    tx, org_id, event_id, by = visit.tx, visit.org_id, visit.at.id, visit.user.actor
    known = find_speaker(visit, speaker)
    if known is None:
        position = len(list_speakers(tx, org_id, event_id)) + 1
        made = add_speaker(tx, org_id, event_id, change, actor=by)
        last = SpeakerChange(position=position)
        return change_speaker(tx, org_id, event_id, made.id, last, actor=by)
    if clash := find_clash(version, values_of(known), visit, known.id, "speaker"):
        return clash
    return change_speaker(tx, org_id, event_id, known.id, change, actor=by)


def remove_speaker_of(visit: Visit, speaker: str) -> bool:
    """Remove a speaker; sessions go on without them."""
    number, by = SpeakerId(read_number(speaker)), visit.user.actor
    remove_speaker(visit.tx, visit.org_id, visit.at.id, number, actor=by)
    return True
