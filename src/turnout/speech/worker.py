"""The process that speaks: `python -m turnout.speech.worker`.

JSON lines on stdin and stdout. The first line says where things are:
`{"spool": folder, "models": folder}`. Then

    -> {"id": 7, "file": name, "engines": [["hibari", "heart"], …], "speed": 1.0, "text": …}
    <- {"event": "said", "id": 7, "engine": "hibari:heart", "size": bytes}
       {"event": "failed", "id": 7, "reason": …}
       {"event": "beat"}        every few seconds, also while it speaks

The sound is at `spool/name` when `said` is written, and never in part: it is renamed to there. At
the end of stdin it finishes what it was given, and exits. What engines print goes to stderr.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from turnout.formats.spoken.own_words import without_phonemes
from turnout.speech.engines import Engine, EngineFailed, make_engine
from turnout.speech.voices import HIBARI, EngineVoice

BEAT_S = 5.0


class Worker:
    """Speaks one text after the other."""

    def __init__(self, spool: Path, models: str) -> None:
        self._spool = spool
        self._models = models
        self._engines: dict[EngineVoice, Engine | EngineFailed] = {}

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What to say about one text that was asked for."""
        reasons = []
        for engine, name in asked["engines"]:
            voice = EngineVoice(engine, name)
            text = asked["text"]
            text = text if engine == HIBARI else without_phonemes(text)
            try:
                sound = self._engine(voice).speak(text, asked["speed"])
            except EngineFailed as error:
                reasons.append(str(error))
                continue
            self._write(asked["file"], sound)
            said = {"event": "said", "id": asked["id"], "engine": str(voice)}
            return {**said, "size": len(sound)}
        return {"event": "failed", "id": asked["id"], "reason": "; ".join(reasons)}

    def _engine(self, voice: EngineVoice) -> Engine:
        if voice not in self._engines:
            try:
                self._engines[voice] = make_engine(voice, self._models)
            except EngineFailed as error:
                self._engines[voice] = error
        made = self._engines[voice]
        if isinstance(made, EngineFailed):
            raise made
        return made

    def _write(self, name: str, sound: bytes) -> None:
        part = self._spool / f"{name}.{os.getpid()}.part"
        part.write_bytes(sound)
        part.replace(self._spool / name)


class Answers:
    """What goes to the parent, a line at a time from two threads."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "w", encoding="utf-8")
        self._lock = threading.Lock()

    def write(self, answer: dict[str, Any]) -> None:
        """Write one line. The parent may have gone: then there is nobody to tell."""
        with self._lock:
            try:
                self._file.write(json.dumps(answer) + "\n")
                self._file.flush()
            except BrokenPipeError:
                os._exit(0)


def main() -> None:
    """Answer until stdin ends."""
    answers = Answers(os.dup(1))
    os.dup2(2, 1)
    told = json.loads(sys.stdin.readline())
    stopped = threading.Event()
    threading.Thread(target=_beat, args=(answers, stopped), daemon=True).start()
    worker = Worker(Path(told["spool"]), told["models"])
    for line in sys.stdin:
        answers.write(worker.answer(json.loads(line)))
    stopped.set()


def _beat(answers: Answers, stopped: threading.Event) -> None:
    while not stopped.wait(BEAT_S):
        answers.write({"event": "beat"})


if __name__ == "__main__":
    main()
