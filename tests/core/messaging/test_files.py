"""Files of jobs: kept once by content, and for as long as the user wants them kept."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.core.messaging.jobs import make_login, new_job, post
from turnout.core.identity.organizations import get_organization_of, set_file_quota
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.files import (
    PIECE_BYTES,
    cut,
    digest_of,
    finish_file,
    finish_within_quota,
    forget_files,
    has_file,
    has_room,
    read_file,
    store_piece,
)
from turnout.core.messaging.model import Content, JobFile, JobType
from turnout.errors import Missing

LARGE = bytes(range(256)) * 3000


def store(db, org_id: OrgId, content: bytes) -> str:
    digest = digest_of(content)
    for number, piece in cut(content):
        db.call(store_piece, org_id, digest, number, piece)
    db.call(finish_file, org_id, digest, len(content))
    return digest


def post_with(db, login, digest: str) -> JobId:
    file = JobFile("plan.pdf", "application/pdf", digest, 3)
    return post(db, login, new_job(JobType.FAX, content=Content(files=(file,))), ["+61298765432"])


@pytest.mark.parametrize(
    "content", [b"", b"x", LARGE, b"x" * PIECE_BYTES, b"x" * (PIECE_BYTES + 1)]
)
def test_a_file_is_read_as_it_was_stored(db, org_id, content):
    digest = store(db, org_id, content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert db.call(read_file, org_id, digest) == content


def test_the_same_content_is_kept_once(db, org_id):
    for _ in range(2):
        digest = store(db, org_id, LARGE)
    count = f"SELECT count(*), sum(length(content)) FROM file_pieces WHERE org_id = {org_id}"
    pieces, size = db.call(lambda tx: tx.connection.execute(count).fetchone())
    assert (pieces, int(size)) == (len(list(cut(LARGE))), len(LARGE))
    assert db.call(has_file, org_id, digest)


def test_what_is_half_stored_is_not_there(db, org_id):
    digest = digest_of(LARGE)
    db.call(store_piece, org_id, digest, 0, LARGE[:PIECE_BYTES])
    assert not db.call(has_file, org_id, digest)
    with pytest.raises(Missing, match="no longer kept"):
        db.call(read_file, org_id, digest)


def test_files_go_when_their_users_time_is_over(db, org_id, node):
    brief = db.call(
        make_login, org_id, f"au/brief-{db.backend}", maximum_document_retention_hours=2
    )
    ever = db.call(make_login, org_id, f"au/ever-{db.backend}")
    gone, shared = store(db, org_id, b"gone"), store(db, org_id, b"shared")
    post_with(db, brief, gone)
    post_with(db, brief, shared)
    post_with(db, ever, shared)
    node.clock.advance(2 * 3600 - 1)
    db.call(forget_files, 100)
    assert db.call(has_file, org_id, gone)
    node.clock.advance(2)
    while db.call(forget_files, 1):
        pass
    assert not db.call(has_file, org_id, gone)
    pieces = f"SELECT count(*) FROM file_pieces WHERE org_id = {org_id} AND digest = '{gone}'"
    assert db.call(lambda tx: tx.connection.execute(pieces).fetchone()[0]) == 0
    assert db.call(read_file, org_id, shared) == b"shared"


def test_a_quota_is_kept_however_many_files_come(db, login):
    org_id = login.org_id
    assert db.call(finish_within_quota, org_id, "a" * 64, 600, 1_000)
    assert not db.call(finish_within_quota, org_id, "b" * 64, 401, 1_000)
    assert not db.call(has_file, org_id, "b" * 64)
    assert db.call(finish_within_quota, org_id, "a" * 64, 600, 1_000)
    assert db.call(finish_within_quota, org_id, "c" * 64, 400, 1_000)
    assert not db.call(has_room, org_id, 1, 1_000)
    assert db.call(has_room, org_id, 10**12, 0)


def test_an_organization_may_have_a_quota_of_its_own(db, login):
    slug = db.call(get_organization_of, login.org_id).slug
    db.call(set_file_quota, slug, 100, actor="test")
    assert not db.call(has_room, login.org_id, 101, 10**9)
    db.call(set_file_quota, slug, 0, actor="test")
    assert db.call(has_room, login.org_id, 10**12, 10)
    db.call(set_file_quota, slug, None, actor="test")
    assert not db.call(has_room, login.org_id, 11, 10)


def test_files_that_come_at_once_stay_within_the_quota(db, login):
    def finish(number: int) -> bool:
        return db.call(finish_within_quota, login.org_id, f"{number:064}", 100, 1_000)

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(finish, range(50))) == 10
