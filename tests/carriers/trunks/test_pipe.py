"""What a worker writes to its parent of the words of strangers."""

import json
import os

from turnout.carriers.trunks.pipe import Answers
from turnout.carriers.trunks.process import LONGEST_LINE


def test_words_of_strangers_are_cut_and_one_line() -> None:
    reading, writing = os.pipe()
    answers = Answers(writing)
    words = {f"word_{number}": "\x01" * 9 + "😀\n" * 20_000 for number in range(10)}
    answers.write({"event": "end", "sip": 486, "quality": None, **words})
    line = os.read(reading, LONGEST_LINE)
    assert line.endswith(b"\n")
    found = json.loads(line)
    assert (found["event"], found["sip"], found["quality"]) == ("end", 486, None)
    assert {found[name] for name in words} == {"😀 " * 149 + "😀"}
    os.close(reading)
    answers.write({"event": "beat"})
    assert answers.is_broken
    os.close(writing)
