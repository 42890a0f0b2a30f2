"""Texts that an organizer writes, by kind and language."""

import pytest

from tests.support.failures import refuses
from turnout.core.audit.recording import list_entries
from turnout.core.events.copying import copy_event
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.showing import get_shown_event
from turnout.core.ids import EventId
from turnout.core.mails.model import KINDS, MailKind, MailText, fields_of
from turnout.core.mails.sending import choose_for
from turnout.core.mails.texts import (
    list_own_texts,
    reset_text,
    set_text,
    usual_text,
)
from turnout.errors import Invalid, Missing

OFFER = MailText("Free: %%event%%", "Take it: [here](%%offer_link%%), %%first_name%%")


class Texts:
    def __init__(self, node, account) -> None:
        self.db, self.org_id, self.event_id = node.db, account.org_id, account.event.id

    def set(self, text=OFFER, kind=MailKind.OFFER, language="de-AT") -> str:
        return self.db.call(
            *(set_text, self.org_id, self.event_id, kind, language, text), actor="test"
        )

    def choose(self, own: str, kind=MailKind.OFFER):
        shown = self.db.call(get_shown_event, self.org_id, self.event_id)
        chosen = self.db.call(choose_for, self.org_id, shown, kind, own)
        return chosen.language, chosen.text, chosen.is_own

    def change(self, locale: str) -> None:
        change = EventChange(locale=locale)
        self.db.call(change_event, self.org_id, self.event_id, change, actor="test")


@pytest.fixture
def texts(node, account) -> Texts:
    return Texts(node, account)


def test_an_own_text_is_used_in_its_language_alone(texts: Texts) -> None:
    assert texts.set() == "de"
    assert texts.choose("de") == ("de", OFFER, True)
    assert texts.choose("es") == ("es", usual_text("offer", "es"), False)
    assert texts.choose("") == ("en", usual_text("offer", "en"), False)
    own = texts.db.call(list_own_texts, texts.org_id, texts.event_id)
    assert [(o.kind, o.language, o.text) for o in own] == [(MailKind.OFFER, "de", OFFER)]


def test_the_language_is_the_persons_then_the_events(texts: Texts) -> None:
    texts.change(locale="fr-CA")
    assert texts.choose("")[0] == "en"
    texts.set(language="fr")
    assert texts.choose("") == ("fr", OFFER, True)
    assert texts.choose("es")[0] == "es"
    texts.change(locale="de")
    assert texts.choose("")[0] == "de"
    assert texts.choose("pt")[0] == "de"


def test_a_text_is_replaced_and_reset(texts: Texts) -> None:
    texts.set()
    texts.set(OFFER._replace(subject="Second"))
    assert texts.choose("de")[1].subject == "Second"
    where = (texts.org_id, texts.event_id, MailKind.OFFER)
    texts.db.call(reset_text, *where, "de-CH", actor="test")
    assert texts.choose("de") == ("de", usual_text("offer", "de"), False)
    missing = {"event_id": texts.event_id, "kind": "offer", "language": "de"}
    with refuses(Missing, "mail.none", **missing):
        texts.db.call(reset_text, *where, "de", actor="test")
    actions = [e.action for e in texts.db.call(list_entries, texts.org_id, "event", texts.event_id)]
    assert sorted(a for a in actions if "mail" in a) == [
        *("reset mail text", "set mail text", "set mail text"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (MailText(" ", OFFER.body), "mail.empty"),
        (MailText("x", "\n"), "mail.empty"),
        (MailText("x" * 201, OFFER.body), "mail.long"),
        (MailText("x", "%%offer_link%%" + "x" * 20_000), "mail.long"),
        (MailText("a\nb", OFFER.body), "mail.text"),
        (MailText("x", "%%offer_link%%\x00"), "mail.text"),
        (MailText("x", "%%offer_link%% %%email%%"), "mail.field"),
        (MailText("%%ticket_link%%", "%%offer_link%%"), "mail.field"),
        (MailText("x", "%%offer_link%% %%Which T-shirt?%%"), "mail.field"),
        (MailText("x", "No link"), "mail.link"),
        (MailText("%%offer_link%%", "No link"), "mail.link"),
        (MailText("x", "%%offer_link%% [a](%%name%%)"), "mail.target"),
        (MailText("x", "%%offer_link%% [a](https://x.example/%%event_link%%)"), "mail.target"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused(texts: Texts, text: MailText, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        texts.set(text)
    assert caught.value.code == code
    assert texts.choose("de")[2] is False


def test_an_unknown_field_is_answered_with_the_known(texts: Texts) -> None:
    with pytest.raises(Invalid) as caught:
        texts.set(MailText("x", "%%ofer_link%%"))
    known = sorted(fields_of(MailKind.OFFER))
    assert caught.value.facts == {"field": "ofer_link", "kind": "offer", "known": known}


def test_what_is_no_language_or_event_is_refused(texts: Texts) -> None:
    with refuses(Invalid, "language.form", language="d"):
        texts.set(language="d")
    with pytest.raises(Missing):
        texts.db.call(
            *(set_text, texts.org_id, EventId(7), MailKind.OFFER, "de", OFFER), actor="test"
        )


def test_a_copy_of_an_event_has_its_texts(texts: Texts) -> None:
    texts.set()
    copy = texts.db.call(copy_event, texts.org_id, texts.event_id, "2099-01-01T09:00", actor="test")
    own = texts.db.call(list_own_texts, texts.org_id, copy.id)
    assert [(o.kind, o.language, o.text) for o in own] == [(MailKind.OFFER, "de", OFFER)]


def test_every_usual_text_may_be_set_as_ones_own(texts: Texts) -> None:
    for kind in KINDS:
        for language in ("en", "de", "es"):
            assert texts.set(usual_text(kind, language), kind, language) == language
