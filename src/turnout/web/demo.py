"""What the start page of a demo offers to try: command lines that work, keys and ids."""

from collections.abc import Callable
from typing import Any, NamedTuple

from turnout.web.shell import curl, set_from_answer, set_variable


class Step(NamedTuple):
    """Lines for the shell, and what they do."""

    title: str
    meaning: str
    text: str


class Value(NamedTuple):
    """A key or id of the demo, or several of a kind; `member` is its name in demo.json."""

    member: str
    meaning: str
    values: list[str]


class Trial(NamedTuple):
    """What can be tried of one API: steps for one shell, in this order."""

    api: str
    steps: list[Step]
    values: list[Value]


def list_trials(base_url: str, demo: dict[str, Any]) -> list[Trial]:
    """One trial for each API that demo.json has a member for."""
    return [make(base_url, demo[name]) for name, make in _TRIALS.items() if name in demo]


def _try_registration(base_url: str, member: dict[str, Any]) -> Trial:
    return Trial(
        "registration", _registration_steps(base_url, member), _registration_values(member)
    )


def _registration_steps(base_url: str, member: dict[str, Any]) -> list[Step]:
    token = ["Authorization: Bearer $TOKEN"]
    signin = curl("POST", f"{base_url}/v1.0/signin", ["APIKey: $API_KEY"])
    register = curl("PUT", f"{base_url}/v1.0/register", token, body=_registration_body(member))
    status = curl("GET", f"{base_url}/v1.0/registerstatus", token, query=["queueId=$QUEUE_IDS"])
    return [
        Step(
            "Sign in",
            "The API key gives a bearer token, which is good for an hour.",
            f"{set_variable('API_KEY', member['apiKey'])}\n"
            f"{set_from_answer('TOKEN', signin, 'idToken')}",
        ),
        Step(
            "Register for three sessions",
            "They are queued at once, one item each, and kept whatever happens to the server.",
            f"ANSWER=$({register})\n{_SHOW_ANSWER}",
        ),
        Step(
            "Ask what became of them",
            "Two are a success. The third session is full: its item failed, and says why.",
            f"{_SET_QUEUE_IDS}\n{status}",
        ),
    ]


def _registration_body(member: dict[str, Any]) -> dict[str, Any]:
    paks = [*member["sessionPaks"][:2], member["fullSessionPak"]]
    return {
        "registration": {
            "event": {
                "eventPak": member["eventPak"],
                "sessions": [{"sessionPak": pak} for pak in paks],
            },
            "contact": {"email": "you@example.com", "firstName": "Your", "lastName": "Name"},
        }
    }


def _registration_values(member: dict[str, Any]) -> list[Value]:
    return [
        Value(name, meaning, [value] if isinstance(value := member[name], str) else value)
        for name, meaning in _REGISTRATION_MEANINGS.items()
    ]


_REGISTRATION_MEANINGS = {
    "apiKey": "The key to sign in with",
    "eventPak": "A conference of two days",
    "sessionPaks": "Its sessions that have places",
    "fullSessionPak": "Its workshop that is full",
    "channelPak": "A channel of webinars",
    "channelSessionPaks": "The sessions of its webinars",
    "closedEventPak": "A meetup that is closed for registration",
    "closedSessionPak": "Its session",
}
_SHOW_ANSWER = "printf '%s\\n' \"$ANSWER\""
_SET_QUEUE_IDS = """\
QUEUE_IDS=$(printf '%s' "$ANSWER" | tr ',' '\\n' |
  sed -n 's/.*"queueId":\\([0-9]*\\).*/\\1/p' | paste -s -d , -)"""

_TRIALS: dict[str, Callable[[str, dict[str, Any]], Trial]] = {"registration": _try_registration}
