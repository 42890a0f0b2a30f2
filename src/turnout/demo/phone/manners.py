"""What a number does with a call: decided by its last digit, as the simulator decides it
(carriers/simulator/fates.py), so that a demo with calls and one without have the same outcomes."""

from typing import NamedTuple

RING_S = 0.4


class Manner(NamedTuple):
    """How a call is taken: refused with a SIP code and its words, or rung, and answered unless it
    rings on. Then a person says hello and presses `key`, if any, after KEY_S of speech; a machine
    talks, and beeps."""

    code: int = 0
    words: str = ""
    is_answered: bool = True
    is_machine: bool = False
    key: str = ""


MANNERS = {
    "9": Manner(is_answered=False),
    "8": Manner(486, "Busy Here"),
    "7": Manner(403, "Forbidden"),
    "6": Manner(is_machine=True),
    "5": Manner(key="1"),
    "4": Manner(key="2"),
}
PERSON = Manner()


def manner_of(number: str) -> Manner:
    """What is at a number, by its last digit."""
    return MANNERS.get(number[-1:], PERSON)
