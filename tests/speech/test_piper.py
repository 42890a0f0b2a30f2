"""piper as its process behaves: a WAV file for each line, said on stderr."""

import sys
from pathlib import Path

import pytest

from turnout.speech import piper
from turnout.speech.engines import EngineFailed, find_fault, make_engine
from turnout.speech.voices import EngineVoice, is_installed

VOICE = EngineVoice("piper", "joe")
# What is said becomes its length; "die" ends it, "hang" says nothing.
PROGRAM = """
import sys, time, wave
folder = sys.argv[sys.argv.index("-d") + 1]
scale = float(sys.argv[sys.argv.index("--length-scale") + 1])
print("INFO:piper: ready", file=sys.stderr)
for number, line in enumerate(sys.stdin):
    line = line.strip()
    if line == "die":
        sys.exit(1)
    if line == "hang":
        time.sleep(60)
    path = f"{folder}/{number}.wav"
    with wave.open(path, "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(16000)
        file.writeframes(b"\\0\\1" * round(1600 * len(line) * scale))
    print(f"INFO:piper:Wrote {path}", file=sys.stderr, flush=True)
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    program = tmp_path / "piper"
    program.write_text(f"#!{sys.executable}\n{PROGRAM}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for name in ("joe.onnx", "joe.onnx.json"):
        (tmp_path / name).write_text("")
    return str(tmp_path)


def test_one_process_says_one_text_after_the_other(models: str) -> None:
    engine = make_engine(VOICE, models)
    assert find_fault(VOICE, models) == ""
    lengths = [len(engine.speak(text, 1.0)) for text in ("ab", "abcd\nef", "ab")]
    assert lengths == [3200, 11200, 3200]
    assert len(engine.speak("abcd", 2.0)) == 3200


def test_one_that_died_is_started_again_and_one_that_hangs_is_ended(
    models: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(VOICE, models)
    with pytest.raises(EngineFailed, match="PiperError"):
        engine.speak("die", 1.0)
    assert len(engine.speak("ab", 1.0)) == 3200
    monkeypatch.setattr(piper, "WALL_S", 0.2)
    with pytest.raises(EngineFailed, match="PiperError"):
        engine.speak("hang", 1.0)


def test_without_its_files_or_its_program_it_is_not_there(
    models: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_installed(VOICE, models)
    assert not is_installed(VOICE, "")
    Path(models, "joe.onnx.json").unlink()
    assert not is_installed(VOICE, models)
    Path(models, "joe.onnx.json").write_text("")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EngineFailed, match="no voice joe"):
        make_engine(VOICE, models)
