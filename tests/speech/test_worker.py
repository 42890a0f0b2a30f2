"""The process that speaks, as its parent sees it."""

import json
import subprocess
import sys
from pathlib import Path

from turnout.speech import worker

FLITE = ["flite", "slt"]


def asked(number: int, engines: list[list[str]], text: str = "Hello.") -> dict[str, object]:
    return {"id": number, "file": f"{number}.s16", "engines": engines, "speed": 1.0, "text": text}


def test_it_answers_in_order_and_ends_with_its_input(tmp_path: Path) -> None:
    lines: list[dict[str, object]] = [
        {"spool": str(tmp_path), "models": ""},
        asked(1, [["hibari", "nobody"], FLITE]),
        asked(2, [["hibari", "nobody"]]),
        asked(3, [FLITE], "Goodbye."),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "turnout.speech.worker"],
        input="".join(json.dumps(line) + "\n" for line in lines).encode(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    said = [answer for answer in answers if answer["event"] != "beat"]
    sizes = [(tmp_path / f"{number}.s16").stat().st_size for number in (1, 3)]
    assert said == [
        {"event": "said", "id": 1, "engine": "flite:slt", "size": sizes[0]},
        {"event": "failed", "id": 2, "reason": "hibari has no voice nobody here"},
        {"event": "said", "id": 3, "engine": "flite:slt", "size": sizes[1]},
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.s16", "3.s16"]


def test_an_engine_without_phonemes_reads_the_word(tmp_path: Path) -> None:
    speaking = worker.Worker(tmp_path, "")
    sounds = []
    for number, text in ((1, "At Kilda."), (2, "At [Kilda](/x/).")):
        speaking.answer(asked(number, [FLITE], text))
        sounds.append((tmp_path / f"{number}.s16").read_bytes())
    assert sounds[0] == sounds[1]


def test_an_engine_is_made_once(tmp_path: Path) -> None:
    speaking = worker.Worker(tmp_path, "")
    made = []
    for number in (1, 2):
        assert speaking.answer(asked(number, [FLITE]))["event"] == "said"
        made.append(list(speaking._engines.values()))
    assert made[0] == made[1]
