"""What is at a number is what the simulator says of it."""

import pytest

from turnout.carriers.simulator.fates import fate_of
from turnout.core.messaging.model import Channel, Status
from turnout.demo.phone.manners import manner_of

CODES = {Status.BUSY: 486, Status.BLOCKED: 403}


@pytest.mark.parametrize("digit", "0123456789")
def test_a_number_has_the_outcome_that_the_simulator_has_for_it(digit: str) -> None:
    manner, fate = manner_of(f"6141234560{digit}"), fate_of(Channel.TTS, f"6141234560{digit}")
    answer = getattr(fate.answer, "status", fate.status)
    assert manner.code == CODES.get(answer, 0)
    assert manner.is_answered == (answer is not Status.NO_ANSWER)
    assert (manner.key, manner.is_machine) == (fate.key, fate.is_voicemail)
