"""What jobs fall back to, in a user: judged as a job's own, but not where it stays as it was."""

from tests.dialects.messaging.people import People
from tests.support.node import LocalNode
from turnout.core.identity.model import Profile
from turnout.dialects.messaging.decode import decode_changes

VOICES = ("sophie", "olivia")
OLD = Profile(default_sms_sender_id="A longer name", default_tts_voice="gone", tts_repeat_count=99)


def test_a_user_can_be_sent_back_as_it_was_read() -> None:
    sent = {
        "default_sms_sender_id": "A longer name",
        "default_tts_voice": "gone",
        "tts_repeat_count": "99",
        "phone": "1",
    }
    assert decode_changes(sent, VOICES, OLD).fields == {"phone": "1"}


def test_what_is_given_is_kept_as_a_job_would_take_it() -> None:
    sent = {"default_tts_voice": "OLIVIA", "tts_repeat_count": 0, "default_sms_sender_id": None}
    assert decode_changes(sent, VOICES, OLD).fields == {
        "default_tts_voice": "olivia",
        "tts_repeat_count": 0,
        "default_sms_sender_id": None,
    }


def test_it_is_read_back_as_it_was_kept(node: LocalNode, people: People) -> None:
    change = {"default_tts_voice": "SOPHIE", "tts_repeat_count": "10"}
    assert people.ask("admin", "PUT", "/users/{acct}", change).send(node).status == 200
    user = people.ask("admin", "GET", "/users/{acct}").send(node).json()["data"]
    assert (user["default_tts_voice"], user["tts_repeat_count"]) == ("sophie", 10)
    assert people.ask("admin", "PUT", "/users/{acct}", user).send(node).status == 200
