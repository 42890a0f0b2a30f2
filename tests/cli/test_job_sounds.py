"""`turnout job listen`."""

import wave
from pathlib import Path

from tests.cli.runner import Turnout
from tests.core.messaging.jobs import NUMBERS, make_login, new_job, post
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.messaging.model import Content, JobType


def test_a_call_is_written_as_a_file(tmp_path: Path) -> None:
    turnout = Turnout(new_database("sqlite", tmp_path))
    content = Content(text="Hello, your PIN is 4071.", voice="sophie", repeats=2)
    with turnout.database() as db:
        org_id = db.call(make_organization, "acme")
        login = db.call(make_login, org_id, "acme/jo")
        job_id = post(db, login, new_job(JobType.TTS, content=content), NUMBERS[:1])
    file = tmp_path / "call.wav"
    said = turnout.ok("job", "listen", "acme", job_id, "-o", file)
    with wave.open(str(file)) as sound:
        assert 3 < sound.getnframes() / 8000 < 20
    assert said.startswith(f"{file}: ")
    assert said.endswith(" s.\n")
    refused = turnout("job", "listen", "acme", job_id, "-o", file, "--recipient", 2)
    assert "no recipient 2" in refused.error
