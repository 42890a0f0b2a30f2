"""Calls, from their request over HTTP to a phone that rings and hears, and back by callback.

The phone is the demo's (turnout/demo/phone), a process of its own: what is at a number is decided
by its last digit, and its files say what it heard. A recogniser writes that down.
"""

from pathlib import Path

import pytest

from tests.carriers.sip.peers import read_wav
from tests.carriers.sip.test_calls import similarity
from tests.e2e.messaging import Messaging, statuses
from tests.e2e.test_texts import receiving
from tests.speech.recognising import count_errors, recognise, words_of
from tests.support import proof
from turnout.core.identity.model import Profile
from turnout.core.ids import OrgId
from turnout.core.messaging.calling import set_calling
from turnout.demo.phone.keeping import HeardCall, list_calls
from turnout.demo.phone.process import lead_to, phone
from turnout.demo.phone.sounds import HELLO_S, babble, decode
from turnout.settings import Settings
from turnout.store import open_database

UNDERSTOOD = "calls are understood"
LISTENERS = proof.scale(2, 39)
MOST_ERRORS = 0.03
MACHINE, PRESSES, BUSY, AGENT = "61412345606", "61412345605", "61412345608", "61398765402"
PACE = ("0.6", "1.5")
TEXT = (
    "Hello %%recipient%%, your talk begins at %%time%% in the %%room%% room. "
    "Please bring your ticket."
)
NAMES = ("Anna", "Peter", "Michael", "Sarah", "Thomas", "Laura", "David", "Emma", "James", "Maria")
TIMES = ("10:30", "nine fifteen", "14:00", "eleven forty five")
ROOMS = ("green", "blue", "yellow", "conference", "second")


def recipients() -> list[dict[str, str]]:
    """Those whose talk begins: people, and a machine."""
    people = [f"614{12345600 + 10 * number}" for number in range(LISTENERS)]
    return [
        {
            "destination": number,
            "recipient": NAMES[at % len(NAMES)],
            "time": TIMES[at % len(TIMES)],
            "room": ROOMS[at % len(ROOMS)],
        }
        for at, number in enumerate([MACHINE, *people])
    ]


def merge(recipient: dict[str, str]) -> str:
    text = TEXT
    for name, value in recipient.items():
        text = text.replace(f"%%{name}%%", value)
    return text.replace("14:00", "two p.m.")


@pytest.mark.proof
def test_calls_ring_are_understood_answered_by_keys_and_called_back(tmp_path: Path) -> None:
    with receiving() as receiver, phone(tmp_path, PACE) as port:
        settings = lead_to(port, Settings()).carriers | {
            "outbound_allow": "127.0.0.1/32",
            "sip_rate": "0",
            "sip_channels": "24",
            "sip_opt_out_key": "none",
        }
        messaging = Messaging(tmp_path, Profile(receive_reports=False), **settings)
        db = open_database(Settings(database_url=messaging.url))
        db.call(set_calling, OrgId(messaging.org_id), ["AU"], actor="test")
        db.close()
        with messaging.server as server:
            plain = messaging.post_job(
                job_type="tts",
                job_name="Talks",
                message=TEXT,
                skip_message_repeat=True,
                callback_url=receiver.url,
                recipients=[*recipients(), {"destination": BUSY}],
            )
            two_way = messaging.post_job(
                job_type="2 way tts",
                job_name="Talk to us",
                message="Hello %%recipient%%, press one to talk to us. " * 3,
                callback_url=receiver.url,
                recipients=[{"destination": PRESSES, "recipient": "Jo", "reference": "jo-1"}],
                two_way_key_responses=[
                    {"key_press": "1", "response_message": "One moment.", "redirect_to": AGENT}
                ],
            )
            jobs = {job: messaging.wait_for_job(job) for job in (plain, two_way)}
            listener = recipients()[1]["destination"]
            told = {
                number: receiver.wait_for("Destination", number)
                for number in (listener, MACHINE, BUSY, PRESSES)
            }
            assert server.stop() == 0
    expected = [(one["destination"], "SENT") for one in recipients()]
    assert statuses(jobs[plain]) == [*expected, (BUSY, "BUSY")]
    assert statuses(jobs[two_way]) == [(PRESSES, "SENT")]
    assert jobs[two_way]["reports"][0]["notes"] == f"Put through to +{AGENT}."
    assert {
        number: (form["Status"], form.get("Keypress"), form["Voicemail"])
        for number, form in told.items()
    } == {
        listener: ("SENT", None, "false"),
        MACHINE: ("SENT", None, "true"),
        BUSY: ("BUSY", None, "false"),
        PRESSES: ("SENT", "1", "false"),
    }
    assert told[PRESSES]["Reference"] == "jo-1"
    calls = {call.number.lstrip("+"): call for call in list_calls(tmp_path / "phone")}
    check_timelines(calls, listener)
    check_bridge(tmp_path / "phone", calls)
    check_words(tmp_path / "phone", calls)


def check_timelines(calls: dict[str, HeardCall], listener: str) -> None:
    assert what_happened(calls[BUSY]) == ["refused"]
    assert what_happened(calls[listener])[:4] == ["ringing", "answered", "said", "heard"]
    assert what_happened(calls[listener])[-1] in {"hung_up", "left"}
    assert (calls[PRESSES].keys, calls[listener].keys) == ("1", "")
    heard = what_happened(calls[PRESSES])
    assert "heard" in heard[heard.index("pressed") :]  # the response
    assert what_happened(calls[AGENT])[:3] == ["ringing", "answered", "said"]


def check_bridge(folder: Path, calls: dict[str, HeardCall]) -> None:
    """Each of the two who are connected heard what the other said."""
    hello = decode(babble(HELLO_S))
    for number in (PRESSES, AGENT):
        assert similarity(hello, read_wav(folder / f"{calls[number].name}.wav")) > 0.99


def check_words(folder: Path, calls: dict[str, HeardCall]) -> None:
    files = [folder / f"{calls[one['destination']].name}.wav" for one in recipients()]
    words = errors = 0
    for recipient, heard in zip(recipients(), recognise(files), strict=True):
        said = words_of(merge(recipient))
        wrong = count_errors(said, words_of(heard))
        if wrong:
            print(f"said {said}, heard {heard}")
        words, errors = words + len(said), errors + wrong
    assert errors < MOST_ERRORS * words, (errors, words)
    proof.report(UNDERSTOOD, messages=len(files), words=words, errors=errors)


def what_happened(call: HeardCall) -> list[str]:
    return [what for _, what, _ in call.events]
