"""Calls, from their request over HTTP to a phone that rings and hears, and back by callback.

The phone is the demo's (turnout/demo/phone), a process of its own: what is at a number is decided
by its last digit, and its files say what it heard.
"""

from pathlib import Path

from tests.carriers.sip.peers import read_wav
from tests.e2e.messaging import Messaging, statuses
from tests.e2e.test_texts import receiving
from turnout.core.identity.model import Profile
from turnout.core.ids import OrgId
from turnout.core.messaging.calling import set_calling
from turnout.demo.phone.keeping import HeardCall, list_calls
from turnout.demo.phone.process import lead_to, phone
from turnout.settings import Settings
from turnout.store import open_database

LISTENS, MACHINE, PRESSES, BUSY, AGENT = (
    "61412345601",
    "61412345606",
    "61412345605",
    "61412345608",
    "61398765402",
)
PACE = ("0.6", "1.5")


def test_calls_ring_are_heard_answered_by_keys_and_called_back(tmp_path: Path) -> None:
    with receiving() as receiver, phone(tmp_path, PACE) as port:
        settings = lead_to(port, Settings()).carriers | {
            "tts_engines": "*=flite:slt",
            "outbound_allow": "127.0.0.1/32",
            "sip_rate": "0",
            "sip_opt_out_key": "",
        }
        messaging = Messaging(tmp_path, Profile(receive_reports=False), **settings)
        db = open_database(Settings(database_url=messaging.url))
        db.call(set_calling, OrgId(messaging.org_id), ["AU"], actor="test")
        db.close()
        with messaging.server as server:
            plain = messaging.post_job(
                job_type="tts",
                job_name="Doors",
                message="Hello %%recipient%%, doors open at eight.",
                voicemail_message="Please call back.",
                skip_message_repeat=True,
                callback_url=receiver.url,
                recipients=[
                    {"destination": LISTENS, "recipient": "Ann"},
                    {"destination": MACHINE, "recipient": "Mac"},
                    {"destination": BUSY, "recipient": "Bob"},
                ],
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
            told = {
                number: receiver.wait_for("Destination", number)
                for number in (LISTENS, MACHINE, BUSY, PRESSES)
            }
            assert server.stop() == 0
    assert statuses(jobs[plain]) == [(LISTENS, "SENT"), (MACHINE, "SENT"), (BUSY, "BUSY")]
    assert statuses(jobs[two_way]) == [(PRESSES, "SENT")]
    assert jobs[two_way]["reports"][0]["notes"] == f"Put through to +{AGENT}."
    assert {
        number: (form["Status"], form.get("Keypress"), form["Voicemail"])
        for number, form in told.items()
    } == {
        LISTENS: ("SENT", None, "false"),
        MACHINE: ("SENT", None, "true"),
        BUSY: ("BUSY", None, "false"),
        PRESSES: ("SENT", "1", "false"),
    }
    assert told[PRESSES]["Reference"] == "jo-1"
    calls = {call.number.lstrip("+"): call for call in list_calls(tmp_path / "phone")}
    assert calls.keys() == {LISTENS, MACHINE, PRESSES, BUSY, AGENT}
    assert what_happened(calls[BUSY]) == ["refused"]
    assert what_happened(calls[LISTENS])[:4] == ["ringing", "answered", "said", "heard"]
    assert what_happened(calls[LISTENS])[-1] in {"hung_up", "left"}
    assert (calls[PRESSES].keys, calls[LISTENS].keys) == ("1", "")
    heard = what_happened(calls[PRESSES])
    assert "heard" in heard[heard.index("pressed") :]  # the response
    assert what_happened(calls[AGENT])[:3] == ["ringing", "answered", "said"]
    for number in (LISTENS, MACHINE, PRESSES):
        sound = read_wav(tmp_path / "phone" / f"{calls[number].name}.wav")
        assert sound.loud_seconds() > 0.5


def what_happened(call: HeardCall) -> list[str]:
    return [what for _, what, _ in call.events]
