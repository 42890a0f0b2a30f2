"""What a message would do and say, before it is sent; nothing is written."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from turnout.catalogue.translations import choose_locale
from turnout.core.identity.organizations import get_organization_of
from turnout.core.messaging.accepting import scheduled_instant
from turnout.core.messaging.dry_runs import (
    DUPLICATE,
    FENCED_OFF,
    FIRST,
    INVALID,
    NO_CONSENT,
    OPTED_OUT,
    REFUSED,
    DryRun,
    preview_new,
)
from turnout.core.messaging.holding import foresee_hold
from turnout.core.messaging.merging import UNSUBSCRIBE, Template, find_broken
from turnout.core.messaging.model import Channel, NewRecipient
from turnout.core.messaging.sender_ids import MailSender, foresee_mail_sender, shown_name
from turnout.core.registrations.live_lists import count_unreachable, resolve
from turnout.core.text import is_email
from turnout.errors import Conflict, Failure, Invalid
from turnout.formats.html_text import to_text
from turnout.web.console.forms import Form
from turnout.web.console.messages.audiences import (
    count_unfiltered,
    find_one,
    is_open,
    list_filtered,
    list_first,
)
from turnout.web.console.messages.draft import SHOWN, Draft
from turnout.web.console.messages.merge_fields import (
    find_nearest,
    list_known,
    list_labels,
    spell_draft,
)
from turnout.web.console.messages.sending import Sending
from turnout.web.console.page import Visit
from turnout.web.console.words import say

TEXTS = ("subject", "header", "text", "html", "voicemail")
LINK = "[personal link]"
UNREACHABLE = "unreachable"
LOOKED_AT = 200
# Why somebody gets nothing whatever is written.
PERSONAL = frozenset({INVALID, OPTED_OUT, REFUSED, NO_CONSENT, FENCED_OFF})


class Check(NamedTuple):
    """What follows. `person` is the one as whom it is read, None = there is nobody; `texts` are
    what they read, by part; `fields` what is known of them, for the menu of merge fields. `run` is
    over all with `is_whole`, else over that one alone. `quiet_end` (epoch ms) is until when they
    wait for the end of quiet hours, `cuts_off` that the cut-off is before that. `refusal` is why
    there is no run. `sender` is who a mail is from (None = it is no mail), `sender_name` the name
    beside that address. `nearest` are known fields, by unknown ones that are like them. With
    `is_held` a second person has to approve it; `broken` is written like a field and is none,
    `unknown` are fields that nobody can have, `empty` those that nobody has a value for yet.
    With `skips` the person is the first who gets it."""

    person: NewRecipient | None
    fields: dict[str, str]
    texts: list[tuple[str, str]]
    run: DryRun | None
    is_whole: bool
    quiet_end: int | None = None
    cuts_off: bool = False
    refusal: Failure | None = None
    sender: MailSender | None = None
    sender_name: str = ""
    nearest: Mapping[str, str] = MappingProxyType({})
    is_held: bool = False
    broken: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    skips: bool = False

    @property
    def is_begun(self) -> bool:
        """Whether somebody before the person gets nothing."""
        return bool(self.skips and self.run and self.run.number > 1)

    @property
    def is_misspelt(self) -> bool:
        """Whether somebody would get a text with a field that nobody has, or that is none."""
        run = self.run
        return self.is_whole and run is not None and bool(run.recipients and self._wrong)

    @property
    def _wrong(self) -> tuple[str, ...]:
        return (*(f"%%{name}%%" for name in self.unknown), *self.broken)

    def fault_misspelt(self, form: Form, draft: Draft) -> None:
        """Say so beside each part that has such fields, with what each may be meant to be."""
        shown = SHOWN[draft.job.job_type.channel]
        for part in TEXTS:
            text = getattr(draft.job.content, part).lower()
            if wrong := [one for one in self._wrong if one.lower() in text]:
                code = "console.compose.fault.misspelt"
                meant = "".join(f" {one}" for one in self._say_meant(wrong))
                names = ", ".join(wrong)
                form.fault(part if part in shown else "text", code, names=names, meant=meant)

    def _say_meant(self, wrong: Iterable[str]) -> Iterator[str]:
        for one in wrong:
            if near := self.nearest.get(one):
                yield say("console.compose.nearest", name=one, near=f"%%{near}%%").unescape()


def has_fields(draft: Draft) -> bool:
    """Whether a draft has merge fields, or what reads like one."""
    texts = [getattr(draft.job.content, name) for name in TEXTS]
    return any(Template(text).names or find_broken(text) for text in texts)


def check(visit: Visit, draft: Draft, sending: Sending, *, is_whole: bool) -> Check:
    """Look at a draft as one person gets it and, with `is_whole`, over all. Raises nothing for a
    draft that would be refused: the check says why."""
    found = _check(visit, draft, sending, is_whole)
    if draft.job.job_type.channel is not Channel.EMAIL or not is_email(draft.job.sender):
        return found
    rules = sending.policy.senders
    sender = foresee_mail_sender(visit.tx, visit.org_id, draft.job.sender, rules)
    return found._replace(
        sender=sender, sender_name=shown_name(draft.job.content.from_name, sender)
    )


def _check(visit: Visit, draft: Draft, sending: Sending, is_whole: bool) -> Check:
    if not draft.audience.to or not is_open(visit, draft.audience):
        return Check(None, {}, [], None, is_whole)
    channel = draft.job.job_type.channel
    person = find_one(visit, draft.audience, channel, draft.number)
    begun = draft.number == FIRST
    draft = spell_draft(visit, draft, person)
    try:
        start = scheduled_instant(draft.job.scheduled_local, visit.user.access.member.timezone)
        if start is not None and start <= visit.tx.now:
            raise Invalid("job.scheduled_past")
        run = _run(visit, draft, [person] if person else [], sending, is_whole)
        if begun and not is_whole and run.sample and run.sample.left_out in PERSONAL:
            # Only then are more looked at: this is done while somebody types.
            some = list_first(visit, draft.audience, channel, LOOKED_AT)
            run = _run(visit, draft, some, sending, is_whole)
    except (Conflict, Invalid) as refusal:
        return Check(person, _known(person), [], None, is_whole, refusal=refusal)
    if begun and run.number > 1:
        person = find_one(visit, draft.audience, channel, run.number)
    if is_whole:
        run = _with_unreachable(visit, draft, run)
    total = run.asked - run.left_out.get(DUPLICATE, 0) - run.left_out.get(UNREACHABLE, 0)
    is_held = is_whole and foresee_hold(visit.tx, visit.org_id, total)
    texts = _read(visit, run, sending)
    found = Check(person, _known(person), texts, run, is_whole, is_held=is_held, skips=begun)
    said = "\n".join(getattr(draft.job.content, name) for name in TEXTS)
    known = list_known(visit, draft.audience, person)
    empty = {name.lower(): name for name in known}
    unknown = tuple(name for name in run.unknown if name not in empty)
    found = found._replace(
        unknown=unknown, empty=tuple(empty[name] for name in run.unknown if name in empty)
    )
    broken = find_broken(said)
    if wrong := {f"%%{name}%%": name for name in unknown} | broken:
        nearest = find_nearest(wrong.values(), known, list_labels(visit, draft.audience))
        meant = {one: nearest[name] for one, name in wrong.items() if name in nearest}
        found = found._replace(nearest=meant, broken=tuple(broken))
    return _with_hours(visit, found, run, sending)


def _with_unreachable(visit: Visit, draft: Draft, run: DryRun) -> DryRun:
    """The run with those who are on no list, since nothing is known where to reach them."""
    if draft.audience.is_filter:
        left = count_unfiltered(visit, draft.audience.query)
    else:
        left = count_unreachable(visit.tx, visit.org_id, draft.audience.list_id)
    if not left:
        return run
    return run._replace(asked=run.asked + left, left_out=run.left_out | {UNREACHABLE: left})


def _run(
    visit: Visit, draft: Draft, people: list[NewRecipient], sending: Sending, is_whole: bool
) -> DryRun:
    """The run over all with `is_whole`, else over these people."""
    new, number = draft.job, draft.number
    if not is_whole:
        new = msgspec.structs.replace(new, list_ids=())
        number = min(number, 1)
    elif draft.audience.is_filter:
        people = list_filtered(visit, draft.audience.query, new.job_type.channel)
    else:
        people = []
    member = visit.user.access.member
    return preview_new(visit.tx, member, new, people, sending.policy, resolve, number=number)


def _known(person: NewRecipient | None) -> dict[str, str]:
    """The fields that a text can have, with what stands for them."""
    if person is None:
        return {}
    own = {"Recipient": person.name, "Reference": person.reference}
    return {name: text for name, text in (own | person.fields).items() if text}


def _read(visit: Visit, run: DryRun, sending: Sending) -> list[tuple[str, str]]:
    """The texts of a message as the sample person reads them."""
    if run.sample is None or run.sample.left_out == "text too long":
        return []
    language = choose_locale(get_organization_of(visit.tx, visit.org_id).locale)
    said = sending.draw(run.head, language) if sending.draw else run.head.content
    fields = run.sample.fields | ({UNSUBSCRIBE: LINK} if run.head.can_be_left else {})
    found = []
    for name in TEXTS:
        if text := getattr(said, name):
            is_html = name == "html"
            merged = Template(text, escape if is_html else None, is_html=is_html).merge(fields)
            found.append((name, to_text(merged) if is_html else merged))
    return found


def _with_hours(visit: Visit, found: Check, run: DryRun, sending: Sending) -> Check:
    if run.sample is None or run.sample.left_out or not run.sample.address:
        return found
    head, quiet = run.head, sending.quiet
    if not quiet.apply(head.job_type.channel):
        return found
    end = quiet.ends_at(run.sample.address, visit.tx.now, head.timezone)
    cuts_off = end is not None and head.cutoff_at is not None and head.cutoff_at <= end
    return found._replace(quiet_end=end, cuts_off=cuts_off)
