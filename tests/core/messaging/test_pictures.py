"""Pictures are kept by what is in them, within the organization's quota, and stay."""

import hashlib

import pytest

from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.showing import get_shown_event
from turnout.core.messaging.files import forget_files
from turnout.core.messaging.pictures import keep_picture, read_picture
from turnout.errors import Conflict, Missing
from turnout.formats.pictures import Picture

PICTURE = Picture(b"large" * 100_000, b"small" * 10, 1600, 800)


def keep(db, org_id, quota=0, picture=PICTURE):
    return db.call(keep_picture, org_id, picture, default_quota=quota, actor="t")


def test_a_picture_is_found_by_its_digest(db, org_id, account):
    digest = keep(db, org_id)
    assert digest == hashlib.sha256(PICTURE.large).hexdigest()
    assert keep(db, org_id) == digest
    assert db.call(read_picture, org_id, digest, is_small=False) == PICTURE.large
    assert db.call(read_picture, org_id, digest, is_small=True) == PICTURE.small
    for other, name in ((account.org_id, digest), (org_id, "0" * 64)):
        with pytest.raises(Missing):
            db.call(read_picture, other, name, is_small=False)


def test_the_quota_counts_pictures(db, org_id):
    whole = len(PICTURE.large) + len(PICTURE.small)
    with pytest.raises(Conflict) as refusal:
        keep(db, org_id, quota=whole - 1)
    assert refusal.value.code == "picture.quota"
    assert keep(db, org_id, quota=whole)
    other = PICTURE._replace(large=b"other")
    with pytest.raises(Conflict):
        keep(db, org_id, quota=whole, picture=other)


def test_a_cover_is_a_picture_that_is_kept(db, account):
    org_id = account.org_id
    digest = keep(db, org_id)
    change = EventChange(cover=digest)
    db.call(change_event, org_id, account.event.id, change, actor="t")
    assert db.call(get_shown_event, org_id, account.event.id).cover == digest
    db.call(forget_files, 100)
    assert db.call(read_picture, org_id, digest, is_small=True) == PICTURE.small
