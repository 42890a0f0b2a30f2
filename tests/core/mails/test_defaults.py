"""Texts that an organization writes once, for events without their own."""

import pytest

from tests.core.mails.test_texts import OFFER, Texts
from tests.support.failures import refuses
from turnout.core.audit.recording import list_entries
from turnout.core.mails.defaults import (
    get_default_text,
    list_default_texts,
    reset_default_text,
    set_default_text,
)
from turnout.core.mails.model import MailKind, MailText
from turnout.errors import Invalid, Missing

OURS = MailText("Ours: %%event%%", "[Take it](%%offer_link%%)")


@pytest.fixture
def texts(node, account) -> Texts:
    return Texts(node, account)


def set_ours(texts: Texts, text: MailText = OURS, language: str = "de-AT") -> str:
    ask = (set_default_text, texts.org_id, MailKind.OFFER, language, text)
    return texts.db.call(*ask, actor="test")


def test_an_events_own_text_counts_before_the_organizations(texts):
    assert set_ours(texts) == "de"
    assert texts.choose("de") == ("de", OURS, False)
    assert texts.choose("en")[1] != OURS
    texts.set()
    assert texts.choose("de") == ("de", OFFER, True)
    newest = texts.db.call(list_entries, texts.org_id, "organization", texts.org_id)[-1]
    assert newest.facts == {"kind": "offer", "language": "de"}


def test_the_usual_text_comes_back(texts):
    set_ours(texts)
    where = (texts.org_id, MailKind.OFFER, "de")
    assert texts.db.call(get_default_text, *where).is_default
    texts.db.call(reset_default_text, *where, actor="test")
    assert texts.db.call(list_default_texts, texts.org_id) == []
    assert not texts.db.call(get_default_text, *where).is_default
    with refuses(Missing, "mail.no_default", kind="offer", language="de"):
        texts.db.call(reset_default_text, *where, actor="test")


def test_what_cannot_be_sent_is_refused(texts):
    with refuses(Invalid, "mail.link", field="offer_link", kind="offer"):
        set_ours(texts, MailText("Free", "Take it"))
    with refuses(Invalid, "language.form", language="deutsch!"):
        set_ours(texts, language="deutsch!")
    assert texts.db.call(list_default_texts, texts.org_id) == []
