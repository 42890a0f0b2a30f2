"""`/console/_gallery/mails`: every mail that guests, candidates and colleagues get of Turnout, in
each language, as it comes out of a mailbox. Its facts are made up here."""

import datetime
import html
from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from falcon.asgi import Request, Response

from turnout.catalogue.translations import label, list_locales
from turnout.core.accounts.mailing import say_account
from turnout.core.invitations.campaigns import BUTTON_LABEL
from turnout.core.mails.composing import Composed, Filling, compose
from turnout.core.mails.model import LINKS, MY_LINK, MailKind, fields_of
from turnout.core.mails.sending import with_my_link
from turnout.core.mails.texts import ChosenText, usual_text
from turnout.core.messaging.layout import MailBrand
from turnout.core.messaging.letterheads import lay_out_text
from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import Content
from turnout.core.verification.codes import say_code
from turnout.formats.local_dates import say_day_time, say_money, say_span
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.documents import NO_STORE
from turnout.web.policy import set_policy

TEMPLATE = "console/gallery_mails.html"
COLOUR = "#ffc94d"
LOGO = "/apple-touch-icon.png"
WATCH = "watch_1"
ZONE = "Europe/Berlin"

Sample = tuple[Content, dict[str, str]]
"""What a mail says with merge fields, and the fields."""


class MailGalleryPage(ConsolePage):
    """`/console/_gallery/mails`, in a demo; with `?kind=reminder&in=de` that mail alone, and with
    `&plain=1` its text, with `&dark=1` as a dark mailbox shows it."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """The list, or a mail. Raises Unauthenticated."""
        await self.console.read(req, "events.see", _nothing)
        kind, spoken = req.get_param("kind", default=""), req.get_param("in", default="")
        if kind not in KINDS or spoken not in list_locales():
            self.console.show(req, resp, TEMPLATE, kinds=KINDS, locales=list_locales())
            return
        mail = make_sample(kind, spoken, f"{self.console.base_url}{LOGO}")
        is_plain = req.get_param_as_bool("plain", default=False)
        resp.set_header("Cache-Control", NO_STORE)
        resp.content_type = f"text/{'plain' if is_plain else 'html'}; charset=utf-8"
        # Mails carry their style in attributes, and nothing else.
        set_policy(resp, {"style-src": "'unsafe-inline'", "script-src": "'none'"})
        is_dark = req.get_param_as_bool("dark", default=False)
        resp.text = mail.text if is_plain else darken(mail.html) if is_dark else mail.html


def darken(page: str) -> str:
    """The page as it is where somebody prefers dark, whatever this browser prefers."""
    dark = page.replace('content="light dark"', 'content="dark"')
    return dark.replace("@media (prefers-color-scheme:dark)", "@media all")


def make_sample(kind: str, spoken: str, logo: str = "") -> Composed:
    """A mail of one of KINDS in a language, with every field filled in; `logo` is an address."""
    organizer = _value("organizer", spoken)
    said = label(spoken, "mail.logo", organizer=organizer)
    brand = MailBrand(organizer, COLOUR, logo, said)
    if kind in OTHERS:
        content, fields = OTHERS[kind](spoken, brand)
        return _merge(content.subject, content.text, content.html, fields)
    return _make_of_event(MailKind(kind), spoken, brand)


def _make_of_event(kind: MailKind, spoken: str, brand: MailBrand) -> Composed:
    known = fields_of(kind)
    fields = {name: _value(name, spoken) for name in known}
    facts = {name: value for name, value in fields.items() if name not in LINKS}
    links = {name: value for name, value in fields.items() if name in LINKS and name != MY_LINK}
    watch = [("Opening keynote", WATCH)] if "watch_links" in known else []
    filling = Filling(
        facts,
        links,
        {MY_LINK: MY_LINK} if MY_LINK in known else {},
        watch=watch,
        brand=brand,
    )
    text = usual_text(kind, spoken)
    if MY_LINK in known:
        text = with_my_link(ChosenText(spoken, text, is_own=False))
    composed = compose(text, filling, spoken)
    merged = {MY_LINK: _value(MY_LINK, spoken), WATCH: _value("watch_link", spoken)}
    return _merge(*composed, merged)


def _merge(subject: str, text: str, page: str, fields: dict[str, str]) -> Composed:
    return Composed(
        Template(subject).merge(fields),
        Template(text).merge(fields),
        Template(page, html.escape, is_html=True).merge(fields),
    )


def _make_code(name: str, spoken: str, brand: MailBrand) -> Sample:
    code, event = "402917", _FACTS["event"]
    facts = {"event": event, "place": code, "code": code}
    deed = label(spoken, "my.transfer") if name == "mail.guest_code" else ""
    is_to_watch = name == "watch_mail"
    text = f"{name}.{'code' if is_to_watch else 'text'}"
    subject = label(spoken, f"{'mail.code' if is_to_watch else name}.subject")
    message = label(spoken, text, **facts, deed=deed)
    content = say_code(subject, spoken, brand)
    return content, {"subject": subject, "message": message, "code": code}


def _make_account(kind: str, spoken: str, brand: MailBrand) -> Sample:
    facts = {
        "user_code": "rail/kavya",
        "organization": brand.organizer,
        "inviter": "Ada Lovelace",
        "link": f"https://tickets.example.org/console/{kind}/GKB5Y66GZ9",
        "until": _say_due(spoken),
        "device": "Firefox, Linux",
        "place": "192.0.2.7",
        "at": _say_due(spoken),
    }
    subject = label(spoken, f"account_mail.{kind}.subject", **facts)
    message = label(spoken, f"account_mail.{kind}.text", **facts)
    content = say_account(kind, spoken, brand, facts)
    return content, facts | {"subject": subject, "message": message}


def _make_campaign(spoken: str, brand: MailBrand) -> Sample:
    subject, body = _CAMPAIGN.get(spoken) or _CAMPAIGN["en"]
    fields = {"recipient": "Kavya Berg", "firstname": "Kavya", "event": _FACTS["event"]}
    fields["link"] = "https://tickets.example.org/invitation/1-GKB5Y66GZ9"
    page = lay_out_text(body, subject, spoken, brand, BUTTON_LABEL)
    return Content(subject=subject, text=body, html=page), fields


def _make_letter(spoken: str, brand: MailBrand) -> Sample:
    exam, text = _LETTER.get(spoken) or _LETTER["en"]
    name = label(spoken, "roll.notice", exam=exam)
    fields = {"subject": name, "text": text}
    page = lay_out_text("%%text%%", name, spoken, brand)
    return Content(subject="%%subject%%", text="%%text%%\n", html=page), fields


OTHERS: dict[str, Callable[[str, MailBrand], Sample]] = {
    "code": partial(_make_code, "mail.code"),
    "guest_code": partial(_make_code, "mail.guest_code"),
    "watch_code": partial(_make_code, "watch_mail"),
    "account_invitation": partial(_make_account, "invitation"),
    "account_reset": partial(_make_account, "reset"),
    "account_device": partial(_make_account, "device"),
    "campaign": _make_campaign,
    "letter": _make_letter,
}
"""The mails that are about no event, or in words of the organizer's own."""
KINDS = (*(kind.value for kind in MailKind), *OTHERS)


def _nothing(_visit: Visit) -> None:
    """The page shows nothing that is kept."""


def _value(name: str, spoken: str) -> str:
    if name in LINKS or name == "watch_link":
        return f"https://tickets.example.org/{name.removesuffix('_link')}/1-GKB5Y66GZ9"
    if name == "greeting":
        return label(spoken, "mail.greeting_name", name="Kavya Berg")
    return (_FACTS | _say_facts(spoken)).get(name, "Kavya Berg")


def _say_facts(spoken: str) -> dict[str, str]:
    """The facts that a mail says in its language; an organizer's own words are samples, too."""
    zone = ZoneInfo(ZONE)
    starts = datetime.datetime(2027, 5, 12, 9, tzinfo=zone)
    ends = datetime.datetime(2027, 5, 13, 17, tzinfo=zone)
    price = say_money(24_000, "EUR", spoken)
    due = _say_due(spoken)
    asked = {"amount": price, "date": due, "reference": "T-GKB5Y66GZ9"}
    own = _OWN_WORDS.get(spoken) or _OWN_WORDS["en"]
    return {
        "changes": label(spoken, "mail.now_type", type=own["ticket_type"]),
        "event_date": say_span(starts, ends, ZONE, spoken),
        "deadline": due,
        "ticket_use": label(spoken, "mail.ticket_use_door"),
        "price": price,
        "payment": label(spoken, "payment.how", **asked, whom="Turnout Rail Forum"),
        **own,
    }


def _say_due(spoken: str) -> str:
    due = datetime.datetime(2027, 5, 4, 18, tzinfo=ZoneInfo(ZONE))
    return f"{say_day_time(due, spoken)} ({ZONE})"


_FACTS = {
    "event": "Open Rail Summit",
    "event_place": "Lokschuppen Hamburg, Gleisstraße 7",
    "organizer": "Turnout Rail Forum",
    "contact": "forum@example.org",
    "ticket_code": "GKB5Y66GZ9",
}
_OWN_WORDS = {
    "en": {
        "directions": "S-Bahn 3 to Harburg, then five minutes on foot along the tracks.",
        "ticket_type": "Conference",
        "message": "The hall is flooded: the first day is next door.",
    },
    "de": {
        "directions": "S-Bahn 3 bis Harburg, dann fünf Minuten zu Fuß an den Gleisen entlang.",
        "ticket_type": "Konferenz",
        "message": "In der Halle steht Wasser: Der erste Tag ist nebenan.",
    },
    "es": {
        "directions": "S-Bahn 3 hasta Harburg y cinco minutos a pie junto a las vías.",
        "ticket_type": "Congreso",
        "message": "La sala está inundada: el primer día es al lado.",
    },
}
_CAMPAIGN = {
    "en": (
        "Will you come, %%firstname%%?",
        "Dear %%recipient%%,\n\ncome to %%event%%, and say by May whether you can:\n\n%%link%%",
    ),
    "de": (
        "Kommen Sie, %%firstname%%?",
        "Guten Tag, %%recipient%%,\n\nkommen Sie zu %%event%%, und sagen Sie bis Mai, ob Sie "
        "können:\n\n%%link%%",
    ),
    "es": (
        "¿Vendrá usted, %%firstname%%?",
        "Hola, %%recipient%%:\n\nvenga a %%event%% y diga antes de mayo si puede:\n\n%%link%%",
    ),
}
"""Subject and text of an invitation."""
_LETTER = {
    "en": (
        "Track safety",
        "Dear Kavya Berg,\n\nyour seat is 14 in room B2.\nCome at 8:30, with your passport.",
    ),
    "de": (
        "Sicherheit am Gleis",
        "Guten Tag, Kavya Berg,\n\nIhr Platz ist 14 in Raum B2.\nKommen Sie um 8:30 Uhr mit Ihrem "
        "Pass.",
    ),
    "es": (
        "Seguridad en la vía",
        "Hola, Kavya Berg:\n\nsu asiento es el 14 en la sala B2.\nVenga a las 8:30 con su "
        "pasaporte.",
    ),
}
"""The exam and the text of a notice to a candidate."""
