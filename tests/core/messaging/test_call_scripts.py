"""What is heard in a call, line by line."""

import msgspec
import pytest

from tests.core.messaging.jobs import NUMBERS, POLICY, answer, claim_all, make_login, new_job, post
from tests.support.failures import refuses
from turnout.core.identity.countries import find_country
from turnout.core.ids import JobId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.call_scripts import CallScript, Heard, read_call
from turnout.core.messaging.files import digest_of, finish_file, store_piece
from turnout.core.messaging.model import Content, JobFile, JobType, KeyResponse, NewRecipient
from turnout.core.messaging.outcomes import Accepted
from turnout.core.registrations.live_lists import resolve
from turnout.errors import Invalid, Missing

CONTENT = Content(
    header="This is Rail.",
    text="Hello %%recipient%%, %%what%%",
    voicemail="Sorry, %%recipient%%.",
    voice="sophie",
    repeats=2,
    keys=(KeyResponse("1", "Thanks %%recipient%%."), KeyResponse("2", "", "61412345678")),
)
PEOPLE = [
    NewRecipient(NUMBERS[0], name="Ann", fields={"What": "one"}),
    NewRecipient(NUMBERS[1], name="Bob"),
]


def accept(db, login, content=CONTENT, **members) -> JobId:
    new = new_job(JobType.TWO_WAY_TTS, content=content, **members)
    job_id: JobId = db.call(accept_job, login, new, PEOPLE, POLICY)
    return job_id


def hear(db, org_id, job_id, **asked) -> CallScript:
    script: CallScript = db.look(read_call, org_id, job_id, Heard(**asked), POLICY, resolve)
    return script


def test_the_header_is_heard_once_and_the_message_as_often_as_it_is_repeated(db, org_id, login):
    job_id = accept(db, login)
    ann = ("This is Rail.", "Hello Ann, one", "Hello Ann, one")
    country = db.look(find_country, org_id)
    assert hear(db, org_id, job_id) == CallScript("sophie", country, ann)
    bob = ("This is Rail.", "Hello Bob, ", "Hello Bob, ")
    assert hear(db, org_id, job_id, number=2).lines == bob
    answer(db, claim_all(db, "tts"), Accepted(("n",)))
    assert hear(db, org_id, job_id).lines == ann


def test_the_users_prefix_and_count_are_heard(db, org_id):
    login = db.call(
        make_login, org_id, "prefixed", tts_message_prefix="Rail says:", tts_repeat_count=3
    )
    job_id = accept(db, login, msgspec.structs.replace(CONTENT, header=""))
    assert hear(db, org_id, job_id, number=2).lines == ("Rail says: Hello Bob, ",) * 3


def test_a_machine_and_a_key_hear_something_else(db, org_id, login):
    job_id = accept(db, login)
    assert hear(db, org_id, job_id, is_machine=True).lines == ("Sorry, Ann.",)
    assert hear(db, org_id, job_id, key="1").lines == ("Thanks Ann.",)
    for key in "23":
        with refuses(Invalid, "job.no_response", key=key):
            hear(db, org_id, job_id, key=key)
    plain = accept(db, login, msgspec.structs.replace(CONTENT, voicemail=""))
    assert hear(db, org_id, plain, is_machine=True).lines == ("This is Rail.", "Hello Ann, one")


def test_what_is_no_call_is_not_heard(db, org_id, login):
    with refuses(Invalid, "job.listen_nobody", number=3):
        hear(db, org_id, accept(db, login), number=3)
    text = post(db, login, new_job(), NUMBERS[:1])
    with refuses(Invalid, "job.no_call", job_id=text):
        hear(db, org_id, text)
    with pytest.raises(Missing):
        hear(db, org_id, JobId(1))


def test_a_recorded_call_is_its_file(db, org_id, login):
    digest = digest_of(b"RIFF-sound")
    db.call(store_piece, org_id, digest, 0, b"RIFF-sound")
    db.call(finish_file, org_id, digest, 10)
    file = JobFile("a.wav", "audio/wav", digest, 10)
    new = new_job(JobType.VOICE, content=Content(files=(file,)))
    job_id = post(db, login, new, NUMBERS[:1])
    assert hear(db, org_id, job_id).recording == b"RIFF-sound"
