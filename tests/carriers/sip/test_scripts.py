"""What a call says, as files of sounds: texts merged, a recording decoded, a key for no more."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.carriers.sip.fake_worker import FakeSpeech
from tests.carriers.sip.peers import tone, write_wav
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.carriers import Attachment, Message, Parcel
from turnout.carriers.sip.scripts import Scripts
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import Channel, KeyResponse, Kind
from turnout.errors import Invalid
from turnout.settings import Settings
from turnout.speech.voices import EngineVoice
from turnout.store import Database, open_database

KEYS = (KeyResponse("1", "Fine, %%n%%."), KeyResponse("2", "Wait.", "+61398765432"))
PARCEL = Parcel(attempt_id=7, destination="61412345678", sender="", fields={"n": "Jo"})
OFFER = "This was a call for Acme. For no more calls, press 9."


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, OrgId]]:
    folder = tmp_path_factory.mktemp("scripts")
    db = open_database(Settings(database_url=new_database("sqlite", folder)))
    yield db, db.call(make_organization, "acme")
    db.close()


def read_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def make(
    firm: tuple[Database, OrgId],
    spool: Path,
    speech: FakeSpeech = FakeSpeech(),  # noqa: B008 (nothing changes it)
    **members: Any,
) -> dict[str, Any]:
    """The script of a call, with what the files say in place of their names."""
    db, org_id = firm
    given: dict[str, Any] = {"id": JobId(1), "org_id": org_id, "channel": Channel.TTS}
    message = Message(**given | members)

    async def main() -> dict[str, Any]:
        scripts = Scripts(spool, speech, db, opt_out_key="9")
        script = await scripts.make(message, PARCEL, "turnout-7")
        said = read_files(spool)

        def read(name: str) -> str:
            return said[name].decode("latin-1") if name else ""

        shown = {
            "lines": [*map(read, script["lines"])],
            "voicemail": [*map(read, script["voicemail"])],
            "keys": {
                key: (read(one["say"]), one["redirect"]) for key, one in script["keys"].items()
            },
            "opt_out": script["opt_out"],
            "sorry": read(script["sorry"]),
        }
        await scripts.drop(script)
        return shown

    return asyncio.run(main())


def test_a_call_is_merged_repeated_and_offers_a_way_out(firm: Any, tmp_path: Path) -> None:
    script = make(
        firm,
        tmp_path,
        header="Dear %%n%%",
        text="Hi %%n%%",
        voicemail="Call back, %%n%%",
        repeats=2,
        keys=KEYS,
    )
    assert script == {
        "lines": ["Dear Jo", "Hi Jo", "Hi Jo", OFFER],
        "voicemail": ["Call back, Jo"],
        "keys": {
            "1": ("Fine, Jo.", ""),
            "2": ("Wait.", "61398765432"),
            "9": ("You will get no more calls from Acme. Goodbye.", ""),
        },
        "opt_out": "9",
        "sorry": "Sorry, nobody can take your call now. Goodbye.",
    }
    assert list(tmp_path.iterdir()) == []


def test_a_call_speaks_of_itself_in_the_language_of_its_voice(firm: Any, tmp_path: Path) -> None:
    speech = FakeSpeech(voice=EngineVoice("espeak-ng", "de"))
    script = make(firm, tmp_path, speech, text="Hallo", keys=(KeyResponse("2", "", "+613"),))
    assert [read_back(said) for said in (script["lines"][-1], script["keys"]["9"][0])] == [
        "Das war ein Anruf für Acme. Wenn Sie keine Anrufe mehr möchten, drücken Sie die 9.",
        "Sie bekommen keine Anrufe mehr von Acme. Auf Wiederhören.",
    ]
    assert script["sorry"].startswith("Leider kann")
    other = FakeSpeech(voice=EngineVoice("espeak-ng", "sv"))
    assert make(firm, tmp_path, other, text="Hej")["lines"][-1] == OFFER


def read_back(said: str) -> str:
    return said.encode("latin-1").decode()


def test_machines_hear_the_message_once_where_there_is_none_for_them(
    firm: Any, tmp_path: Path
) -> None:
    script = make(firm, tmp_path, header="Dear", text="Hi", repeats=3, kind=Kind.CODE)
    assert script["voicemail"] == ["Dear", "Hi"]
    assert script["lines"] == ["Dear", "Hi", "Hi", "Hi"]
    assert (script["keys"], script["opt_out"], script["sorry"]) == ({}, "", "")


def test_a_job_may_use_the_key_itself(firm: Any, tmp_path: Path) -> None:
    script = make(firm, tmp_path, text="Hi", keys=(KeyResponse("9", "Nine"),))
    assert script["lines"] == ["Hi"]
    assert (script["keys"], script["opt_out"]) == ({"9": ("Nine", "")}, "")


def test_a_recording_is_decoded_and_kept(firm: Any, tmp_path: Path) -> None:
    write_wav(tmp_path / "in.wav", tone(600, 1.0))
    wav = Attachment("hello.wav", "audio/wav", (tmp_path / "in.wav").read_bytes())
    (tmp_path / "in.wav").unlink()
    script = make(firm, tmp_path, channel=Channel.VOICE, attachments=(wav,))
    assert [len(line) for line in script["lines"]] == [16_000, len(OFFER)]
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [16_000]


def test_a_recording_that_is_none_is_refused(firm: Any, tmp_path: Path) -> None:
    broken = Attachment("hello.wav", "audio/wav", b"RIFF")
    with pytest.raises(Invalid):
        make(firm, tmp_path, channel=Channel.VOICE, attachments=(broken,))
