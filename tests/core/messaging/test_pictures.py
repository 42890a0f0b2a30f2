"""Pictures are kept by what is in them, within the organization's quota, and
stay as long as something shows them."""

import hashlib

import pytest

from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.showing import get_shown_event
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.messaging.files import HOUR_MS, forget_files
from turnout.core.messaging.pictures import (
    DAY_MS,
    forget_pictures,
    keep_picture,
    read_picture,
)
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


def test_a_picture_that_nothing_shows_goes_after_a_day(own_node):
    db, account = own_node.db, own_node.add_account()
    org_id = account.org_id
    shown, unshown = keep(db, org_id), keep(db, org_id, picture=PICTURE._replace(large=b"other"))
    change = EventChange(cover=shown)
    db.call(change_event, org_id, account.event.id, change, actor="t")

    def later(ms):
        own_node.clock.now += ms
        return db.call(forget_pictures, 100)

    assert later(HOUR_MS) == 2  # marked
    assert later(HOUR_MS - 1) == 0  # each once an hour
    assert later(DAY_MS - HOUR_MS - 1) == 2
    assert db.call(read_picture, org_id, unshown, is_small=False) == b"other"
    assert later(HOUR_MS + 1) == 2
    with pytest.raises(Missing):
        db.call(read_picture, org_id, unshown, is_small=False)
    count = "SELECT count(*) FROM files"
    assert db.call(lambda tx: tx.connection.execute(count).fetchone()[0]) == 2
    assert db.call(read_picture, org_id, shown, is_small=True) == PICTURE.small


def test_a_picture_that_is_shown_again_stays(own_node):
    db, account = own_node.db, own_node.add_account()
    org_id = account.org_id
    digest = keep(db, org_id)
    own_node.clock.now += HOUR_MS
    db.call(forget_pictures, 100)
    own_node.clock.now += DAY_MS
    assert keep(db, org_id) == digest  # given again, it has another day
    db.call(forget_pictures, 100)
    logo = OrganizationChange(logo=digest)
    db.call(change_organization, org_id, logo, actor="t")
    own_node.clock.now += 3 * DAY_MS
    db.call(forget_pictures, 100)
    own_node.clock.now += 3 * DAY_MS
    db.call(forget_pictures, 100)
    assert db.call(read_picture, org_id, digest, is_small=True) == PICTURE.small
