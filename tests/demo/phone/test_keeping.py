"""What the phone heard, on disk."""

from pathlib import Path

from turnout.demo.phone.keeping import (
    HeardCall,
    find_sound,
    forget_old,
    keep,
    list_calls,
    next_number,
)


def test_calls_are_kept_the_newest_first_and_the_oldest_go(tmp_path: Path) -> None:
    assert next_number(tmp_path) == 1
    calls = [
        HeardCall(f"{n:04}", "+61412345601", "+61398765432", n, events=[(0.5, "answered", "")])
        for n in (1, 2, 3)
    ]
    for call in calls:
        keep(tmp_path, call, b"\0\0" * 800)
    assert list_calls(tmp_path) == calls[::-1]
    assert next_number(tmp_path) == 4
    sound = find_sound(tmp_path, "0002")
    assert sound is not None
    assert (sound[:4], len(sound)) == (b"RIFF", 44 + 1600)
    assert find_sound(tmp_path, "../0002") is None
    assert find_sound(tmp_path, "0009") is None
    forget_old(tmp_path, 1)
    assert [call.name for call in list_calls(tmp_path)] == ["0003"]
    assert find_sound(tmp_path, "0002") is None
