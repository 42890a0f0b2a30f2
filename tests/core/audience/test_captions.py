"""Captions: kept by language, counted in the quota, gone with what they are of."""

import pytest

from tests.support.failures import refuses
from tests.support.node import Account
from turnout.core.audience import captions
from turnout.core.audience.captions import (
    list_captions,
    read_captions,
    remove_captions,
    set_captions,
)
from turnout.core.audience.media import remove_media, set_media
from turnout.core.audience.model import MediaKind
from turnout.core.ids import OrgId, SessionId
from turnout.core.messaging.files import digest_of, has_room
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Database

FILE = b"WEBVTT\n\n00:01.000 --> 00:04.000\nHello\n"
LONGER = FILE + b"\n00:05.000 --> 00:06.000\nBye\n"


def test_captions_are_kept_by_language_and_replaced(db: Database, account: Account) -> None:
    org_id, session = account.org_id, account.sessions[0].id
    for language, content in (("de", FILE), ("pt-BR", FILE), ("de", LONGER)):
        db.call(set_captions, org_id, session, language, content, actor="test")
    rows = db.call(list_captions, org_id, session)
    assert [(one.language, one.size) for one in rows] == [("de", len(LONGER)), ("pt-BR", len(FILE))]
    assert db.call(read_captions, org_id, digest_of(LONGER)) == LONGER.decode()
    db.call(remove_captions, org_id, session, "de", actor="test")
    for of, language in ((session, "de"), (SessionId(10**9), "pt-BR")):
        with pytest.raises(Missing):
            db.call(remove_captions, org_id, of, language, actor="test")
    with pytest.raises(Missing):
        db.call(read_captions, org_id, digest_of(LONGER))
    show = (MediaKind.MP4, "https://films.example/1.mp4")
    db.call(set_media, org_id, session, *show, actor="test")
    db.call(remove_media, org_id, session, actor="test")
    assert db.call(list_captions, org_id, session) == []


def test_they_count_in_the_quota(db: Database, account: Account) -> None:
    org_id, session = account.org_id, account.sessions[0].id
    room = len(LONGER)
    with refuses(Conflict, "captions.quota"):
        db.call(set_captions, org_id, session, "de", LONGER, default_quota=room - 1, actor="test")
    for content in (FILE, LONGER):
        db.call(set_captions, org_id, session, "de", content, default_quota=room, actor="test")
    assert not db.call(has_room, org_id, 1, room)
    with refuses(Conflict, "captions.quota"):
        db.call(set_captions, org_id, session, "en", FILE, default_quota=room, actor="test")


def test_languages_and_sessions_that_are_none_are_refused(
    db: Database, account: Account, org_id: OrgId, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = account.sessions[0].id
    with refuses(Invalid, "language.form", language="German"):
        db.call(set_captions, account.org_id, session, "German", FILE, actor="test")
    with pytest.raises(Missing):
        db.call(set_captions, org_id, session, "de", FILE, actor="test")
    monkeypatch.setattr(captions, "MOST", 1)
    db.call(set_captions, account.org_id, session, "de", FILE, actor="test")
    with refuses(Conflict, "captions.many", limit=1):
        db.call(set_captions, account.org_id, session, "en", FILE, actor="test")
