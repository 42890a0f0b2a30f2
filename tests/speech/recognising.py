"""What is said in recordings, written down by a recogniser, and how far that is from what was to be
said. The recogniser is a program of its own (recogniser.py), in an environment of its own."""

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.environments import make_environment

PROGRAM = Path(__file__).with_name("recogniser.py")
TIMEOUT_S = 600
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def recognise(files: Sequence[Path]) -> list[str]:
    """What is said in WAV files."""
    command = [make_environment("recogniser") / "python", PROGRAM, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    found: list[str] = json.loads(done.stdout)
    return found


def words_of(text: str) -> list[str]:
    """The words of a text without their signs; numbers are read in pairs, as times
    are: 915 is nine fifteen."""
    spelled = re.sub(r"\d+", lambda found: f" {_read_pairs(found[0])} ", text.lower())
    return re.sub(r"[^a-z' ]", " ", spelled).replace("'", "").split()


def count_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """How many words are missing, too many or others: the edit distance."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, 1):
        before, row[0] = row[0], number
        for at, other in enumerate(heard, 1):
            best = min(row[at] + 1, row[at - 1] + 1, before + (word != other))
            before, row[at] = row[at], best
    return row[-1]


def _read_pairs(digits: str) -> str:
    digits = digits.zfill(len(digits) + len(digits) % 2)
    pairs = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    return " ".join(_read(pair) for pair in pairs)


def _read(number: int) -> str:
    if number < len(_ONES):
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
