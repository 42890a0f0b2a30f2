"""What was said is kept, up to a size."""

from pathlib import Path

from turnout.speech.cache import Cache, name_of
from turnout.speech.voices import EngineVoice

FLITE = EngineVoice("flite", "slt")


def put(cache: Cache, name: str, size: int) -> None:
    (cache.folder / name).write_bytes(b"x" * size)
    cache.add(name, size)


def test_what_was_not_heard_for_longest_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 100)
    for name in ("a", "b", "c"):
        put(cache, name, 30)
    assert cache.find("a") == tmp_path / "a"
    put(cache, "d", 30)
    assert [cache.find(name) is not None for name in "abcd"] == [True, False, True, True]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c", "d"]
    assert cache.size == 90


def test_one_that_is_too_large_is_kept_alone(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 100)
    put(cache, "a", 30)
    put(cache, "b", 500)
    assert cache.find("a") is None
    assert cache.find("b") is not None
    put(cache, "b", 20)
    assert cache.size == 20


def test_a_file_that_somebody_removed_is_not_found(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 100)
    put(cache, "a", 30)
    (tmp_path / "a").unlink()
    assert cache.find("a") is None
    assert cache.size == 0


def test_a_name_is_of_voice_speed_and_text() -> None:
    names = [
        name_of([FLITE], 1.0, "Hello."),
        name_of([FLITE], 1.1, "Hello."),
        name_of([FLITE], 1.0, "Hello!"),
        name_of([EngineVoice("flite", "rms")], 1.0, "Hello."),
    ]
    assert len(set(names)) == 4
    assert names[0] == name_of([FLITE], 1.0, "Hello.")
