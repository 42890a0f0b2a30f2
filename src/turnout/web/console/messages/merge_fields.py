"""Merge fields as they are typed: which are known, and what a misspelt one may mean."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

import msgspec
from markupsafe import Markup

from turnout.core.messaging.merging import UNSUBSCRIBE, Template, find_broken, spell_fields
from turnout.core.messaging.model import NewRecipient
from turnout.core.questions.model import Question
from turnout.core.questions.reading import list_questions
from turnout.core.registrations.live_lists import FIELDS, field_of
from turnout.web.console.forms import Form
from turnout.web.console.messages.audiences import Audience, find_event
from turnout.web.console.messages.draft import Draft
from turnout.web.console.page import Visit
from turnout.web.console.words import say

ALWAYS = ("Recipient", "Reference", "ReplyNum", "Email", "Phone", "Mobile", "Fax", UNSUBSCRIBE)
NO_LABELS: Mapping[str, str] = MappingProxyType({})
_TEXTS = ("subject", "text", "html", "voicemail")


def spell_draft(visit: Visit, draft: Draft, person: NewRecipient | None) -> Draft:
    """The draft with its merge fields called as its audience knows them, of whom `person` is one;
    `%%first_name%%` is `%%FirstName%%`."""
    known = list_known(visit, draft.audience, person)
    content = draft.job.content
    spelt = {name: spell_fields(getattr(content, name), known) for name in _TEXTS}
    content = msgspec.structs.replace(content, **spelt)
    return draft._replace(job=msgspec.structs.replace(draft.job, content=content))


def list_known(visit: Visit, audience: Audience, person: NewRecipient | None) -> list[str]:
    """The names of the fields that some of the audience may have."""
    known = [*ALWAYS, *(person.fields if person else ())]
    if find_event(visit, audience) is not None:
        asked = _list_asked(visit, audience)
        known += [*FIELDS, *filter(None, (field_of(question.name) for question in asked))]
    return list(dict.fromkeys(known))


def list_labels(visit: Visit, audience: Audience) -> dict[str, str]:
    """The fields of the questions that an audience was asked, by what people read of each."""
    asked = _list_asked(visit, audience)
    return {question.label: name for question in asked if (name := field_of(question.name))}


def _list_asked(visit: Visit, audience: Audience) -> list[Question]:
    event_id = find_event(visit, audience)
    return [] if event_id is None else list_questions(visit.tx, visit.org_id, event_id)


def find_nearest(
    names: Iterable[str], known: Iterable[str], labels: Mapping[str, str] = NO_LABELS
) -> dict[str, str]:
    """Of unknown names the known one that is most alike, or that `labels` have of what people read;
    those that are like none are left out."""
    by_key = {label.lower(): name for label, name in labels.items()}
    by_key |= {name.lower(): name for name in known}
    found = {name: get_close_matches(name.lower(), by_key, 1) for name in names}
    return {name: by_key[alike[0]] for name, alike in found.items() if alike}


def read_merged(
    form: Form, name: str, known: Iterable[str], limit: int, *, is_required: bool
) -> str:
    """A text whose merge fields are all known, called so; leaves a fault for one that is not."""
    known = list(known)
    text = spell_fields(form.text(name, limit=limit, is_required=is_required), known)
    if wrong := find_wrong(text, known):
        names = ", ".join(f"%%{one}%%" for one in known)
        meant = " ".join(map(str, say_meant(wrong, known)))
        facts = {"names": ", ".join(wrong), "known": names}
        code = "console.compose.fault.field_meant" if meant else "console.compose.fault.field"
        form.fault(name, code, **facts, meant=meant)
    return text


def find_wrong(text: str, known: Iterable[str]) -> dict[str, str]:
    """The merge fields that are not known, and what lacks a `%` to be one, as they are written: the
    name of each."""
    names = Template(text).names - {one.lower() for one in known}
    return {f"%%{name}%%": name for name in sorted(names)} | find_broken(text)


def say_meant(wrong: Mapping[str, str], known: Iterable[str]) -> list[Markup]:
    """Which known field each of those may be meant to be, where one is like it."""
    nearest = find_nearest(wrong.values(), known)
    return [
        say("console.compose.nearest", name=written, near=f"%%{nearest[name]}%%")
        for written, name in wrong.items()
        if name in nearest
    ]
