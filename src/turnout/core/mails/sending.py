"""A mail about an event, from the text of its kind to the job that sends it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from turnout.catalogue.translations import label
from turnout.core.events.showing import EventView
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import get_sender
from turnout.core.ids import OrgId, RegistrationId, UserId
from turnout.core.mails.composing import Composed, compose
from turnout.core.mails.facts import brand_of, event_filling, greet, greet_contact
from turnout.core.mails.languages import choose_language, preferred_languages
from turnout.core.mails.model import MY_LINK, MailKind, MailText
from turnout.core.mails.texts import ChosenText, choose_text, usual_text
from turnout.core.messaging.model import Content, JobFile, NewRecipient
from turnout.core.messaging.notices import queue_content
from turnout.store import Tx


class Addressee(NamedTuple):
    """Who gets a mail. Names are neutral (core/neutral.py); `is_greeted`: by their name, if known.
    Who gets the mail of somebody else is not: `is_for_guest` tells them whose it is."""

    email: str
    first_name: str = ""
    last_name: str = ""
    is_greeted: bool = True
    is_for_guest: bool = False

    @classmethod
    def of(cls, email: str, first_name: str, last_name: str, *, is_for_guest: bool) -> "Addressee":
        """The person, or the contact of the party whose guest they are."""
        return cls(email, first_name, last_name, not is_for_guest, is_for_guest)

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))


class Particulars(NamedTuple):
    """What a mail says beside the event. `fields` are the person's own, `facts` the same for
    everybody; `watch` are titles and the fields of their addresses. A mail about `registration_id`
    has its personal link."""

    fields: Mapping[str, str] = {}
    facts: Mapping[str, str] = {}
    watch: Sequence[tuple[str, str]] = ()
    registration_id: RegistrationId | None = None


def choose_for(
    tx: Tx, org_id: OrgId, shown: EventView, kind: MailKind | str, own: str = ""
) -> ChosenText:
    """The text of a mail to somebody who registered in the language `own`, empty = not known; a
    kind that is none of MailKind is a mail of Turnout's that nobody changes."""
    languages = preferred_languages(tx, org_id, shown, own)
    if isinstance(kind, MailKind):
        return choose_text(tx, org_id, shown.event.id, kind, languages)
    language = choose_language(languages)
    return ChosenText(language, usual_text(kind, language), is_own=False)


def fill_for(
    tx: Tx,
    org_id: OrgId,
    shown: EventView,
    chosen: ChosenText,
    to: Addressee,
    said: Particulars,
    base_url: str = "",
) -> tuple[Composed, dict[str, str]]:
    """A mail for one person, and what the fields in it stand for."""
    language = chosen.language
    organization = get_organization_of(tx, org_id)
    filling = event_filling(shown, organization, base_url, language, **said.facts)
    fields = {
        "greeting": _greet(to, language),
        "name": to.name,
        "first_name": to.first_name,
        "last_name": to.last_name,
        **said.fields,
    }
    has_link = said.registration_id is not None
    composed = compose(
        with_my_link(chosen) if has_link else chosen.text,
        filling._replace(
            merged={name: name for name in (*fields, *([MY_LINK] if has_link else []))},
            empty=frozenset(name for name, value in fields.items() if not value),
            watch=said.watch,
            brand=brand_of(tx, org_id, shown, language),
        ),
        language,
    )
    return composed, fields


def with_my_link(chosen: ChosenText) -> MailText:
    """The text, with the guest's personal link below it unless it has that itself."""
    text = chosen.text
    if f"%%{MY_LINK}%%" in text.body:
        return text
    line = label(chosen.language, "mail.my_link", link=f"%%{MY_LINK}%%")
    return text._replace(body=f"{text.body}\n\n{line}")


def reference_of(said: Particulars) -> str:
    """By what a mail knows its registration when it is handed over, empty = it is of none."""
    return str(said.registration_id) if said.registration_id is not None else ""


def _greet(to: Addressee, language: str) -> str:
    if to.is_for_guest:
        return greet_contact(to.name, language)
    return greet(to.name if to.is_greeted else "", language)


def write(
    tx: Tx,
    org_id: OrgId,
    shown: EventView,
    chosen: ChosenText,
    to: Addressee,
    said: Particulars = Particulars(),  # noqa: B008 (immutable)
    *,
    base_url: str = "",
    files: tuple[JobFile, ...] = (),
    user_id: UserId | None = None,
) -> None:
    """Queue a mail to one person, as a job of that user or of nobody; none without an address."""
    if not to.email.strip():
        return
    composed, fields = fill_for(tx, org_id, shown, chosen, to, said, base_url)
    name = to.name if to.is_greeted else ""
    reference = reference_of(said)
    recipient = NewRecipient(to.email.strip(), reference, name, fields)
    queue_content(tx, org_id, user_id, to_content(tx, org_id, composed, files), [recipient])


def to_content(
    tx: Tx, org_id: OrgId, composed: Composed, files: tuple[JobFile, ...] = ()
) -> Content:
    """What a job says, in the organization's name."""
    sender = get_sender(tx, org_id)
    return Content(
        subject=composed.subject,
        text=composed.text,
        html=composed.html,
        from_name=sender.name,
        reply_to=sender.reply_to,
        files=files,
    )
