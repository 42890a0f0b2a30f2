"""A worker that dials nobody: `python -m tests.carriers.sip.fake_worker FILE [MODE]`.

It rings and answers everybody at once, but numbers that end with 9904 (404) and 9953 (503), and
writes down whom it called and what the first sound says. Mode `refuse` is a registrar that refuses
it, `die` ends it when a call is asked for, `hang` lets it say a last word then, `garble` writes
what cannot be read before it rings; with `ring` nobody answers.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from turnout.carriers import House
from turnout.core.messaging.fence import Fence
from turnout.core.messaging.model import Channel
from turnout.formats.spoken.own_words import NONE, OwnWords
from turnout.settings import Settings
from turnout.speech.speaking import Speech
from turnout.speech.voices import EngineVoice
from turnout.store import Database

ENDS = {"9904": 404, "9953": 503}
GARBAGE = "{" * 200_000 + '\n[]\n{"event": 5}\n{"event": "end"}\n'


class FakeSpeech(Speech):
    """Says texts as their own letters, or as whatever sounds it is given."""

    def __init__(
        self,
        sounds: dict[str, bytes] | None = None,
        voice: EngineVoice = EngineVoice("fake", "voice"),  # noqa: B008 (a tuple)
    ) -> None:
        super().__init__(Settings())
        self.sounds = sounds or {}
        self._voice = voice

    def find_engines(self, voice: str) -> list[EngineVoice]:
        return [self._voice]

    async def say(
        self, text: str, voice: str, locale: str, speed: float = 1.0, words: OwnWords = NONE
    ) -> bytes:
        return self.sounds.get(text, text.encode())


def new_house(db: Database, speech: Speech | None = None, fence: Fence | None = None) -> House:
    """What a carrier uses; without a fence anybody may be called."""
    anywhere = Fence(simulated=[Channel.TTS, Channel.VOICE, Channel.FAX])
    return House(db, "http://localhost", fence or anywhere, speech or FakeSpeech(), Counter())


def command_of(file: Path, *, refuses: bool = False, mode: str = "") -> list[str]:
    """How it is started."""
    mode = "refuse" if refuses else mode
    return [
        sys.executable,
        "-m",
        "tests.carriers.sip.fake_worker",
        str(file),
        *filter(None, [mode]),
    ]


def read_taken(file: Path) -> list[dict[str, Any]]:
    """Whom it called."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def read_text(spool: Path, asked: dict[str, Any]) -> str:
    """What a call says first; of a fax, whose pages have to be there, its number."""
    if "fax" not in asked:
        return (spool / asked["script"]["lines"][0]).read_text()
    assert (spool / asked["fax"]["file"]).read_bytes()[:2] in (b"II", b"MM")
    return f"Hello {asked['id'].removeprefix('turnout-')}"


def main() -> None:
    file, mode = Path(sys.argv[1]), sys.argv[2] if sys.argv[2:] else ""
    told = json.loads(sys.stdin.readline())

    def write(**event: Any) -> None:
        print(json.dumps(event), flush=True)

    if mode == "refuse":
        write(event="refused", sip=403, reason="Forbidden")
    else:
        write(event="ready")
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["op"] != "call":
            continue
        if mode == "hang":
            write(event="beat")
            continue
        if mode == "die":
            write(event="ringing", id=asked["id"])
            return
        text = read_text(Path(told["spool"]), asked)
        code = ENDS.get(asked["to"][-4:], 0)
        with file.open("a") as taken:
            taken.write(json.dumps({"to": asked["to"], "text": text, "end": code or "ok"}) + "\n")
        if code:
            write(event="end", id=asked["id"], how="failed", sip=code, reason="No")
            continue
        print(GARBAGE if mode == "garble" else "", end="", flush=True)
        write(event="ringing", id=asked["id"])
        if mode == "ring":
            continue
        end = {"how": "answered", "begun": True, "rung": True, "duration": 3.4}
        if "fax" in asked:
            end |= {"how": "faxed", "pages": 1, "heard": True, "way": "T.38"}
        write(event="end", id=asked["id"], **end)


if __name__ == "__main__":
    main()
