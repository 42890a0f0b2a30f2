"""What is said in a call, and when, without a line: the other side is played in twentieths."""

import pytest

from tests.carriers.sip.peers import tone
from tests.carriers.sip.test_detecting import silence, speech
from turnout.carriers.sip.conversation import Answer, Conversation, Script, State

STEP_S = 0.05
STEP = 800
ONE, TWO, LEFT, SAID, BYE, SORRY = (bytes([n]) * STEP * 20 for n in range(1, 7))


class Played:
    """A conversation in a time of its own. What was said is told by sounds, each a second long."""

    def __init__(self, script: Script, greeting: bytes = b"") -> None:
        self.now = 0.0
        self.talk = Conversation(script, self.now)
        self.said: list[tuple[float, int]] = []
        self._greeting = greeting

    def go_on(self, seconds: float) -> "Played":
        until = self.now + seconds
        while self.now < until:
            self.now += STEP_S
            at = round(self.now / STEP_S) * STEP
            heard = self._greeting[at - STEP : at] or silence(STEP_S)
            sound = self.talk.turn(self.now, heard, STEP)
            if sound and sound[0] and (not self.said or self.said[-1][1] != sound[0]):
                self.said.append((round(self.now, 1), sound[0]))
        return self

    @property
    def sounds(self) -> list[int]:
        return [sound for _, sound in self.said]


def script(**members: object) -> Script:
    given = {"lines": (ONE, TWO), "voicemail": (LEFT,), "sorry": SORRY} | members
    return Script(**given)  # type: ignore[arg-type]


KEYS = {"1": Answer(SAID), "2": Answer(SAID, "61398765432"), "9": Answer(BYE)}


def test_lines_are_said_with_gaps_and_then_it_is_over() -> None:
    played = Played(script(detects=False)).go_on(5)
    assert played.said == [(0.1, 1), (2.1, 2)]
    assert played.talk.state is State.OVER
    assert played.talk.has_begun


@pytest.mark.parametrize(
    ("greeting", "begins_s"),
    [(b"", 2.5), (speech(0.6), 1.4), (silence(1) + speech(1), 2.8)],
)
def test_a_person_is_spoken_to_at_the_first_pause(greeting: bytes, begins_s: float) -> None:
    played = Played(script(), greeting).go_on(8)
    assert played.sounds == [1, 2]
    assert played.said[0][0] == pytest.approx(begins_s, abs=0.15)
    assert not played.talk.is_machine


@pytest.mark.parametrize(
    "greeting",
    [
        speech(6) + silence(1) + tone(1000, 0.4),  # says all before it pauses
        speech(1.5) + silence(1) + speech(3) + tone(1400, 0.3),  # pauses, and goes on
        tone(1000, 0.5),  # says nothing, and beeps
        speech(2) + silence(1) + speech(4),  # never beeps
    ],
)
def test_a_machine_gets_the_voicemail_message_once_it_is_silent(greeting: bytes) -> None:
    played = Played(script(), greeting).go_on(16)
    assert played.talk.is_machine
    assert played.sounds[-1] == 3
    assert played.said[-1][0] >= len(greeting) / 16_000 - 0.05
    assert played.talk.state is State.OVER
    assert played.talk.has_begun


def test_a_machine_without_a_message_of_its_own_hears_the_lines() -> None:
    played = Played(script(voicemail=()), speech(6) + tone(1000, 0.4)).go_on(14)
    assert played.sounds == [1, 2]


def test_a_key_stops_what_is_said_and_is_answered() -> None:
    played = Played(script(keys=KEYS, detects=False)).go_on(0.5)
    played.talk.press("1", played.now)
    assert played.talk.must_flush
    played.go_on(3)
    assert played.sounds == [1, 4]
    assert (played.talk.key, played.talk.state) == ("1", State.OVER)


def test_an_unknown_key_changes_nothing_and_a_known_one_counts_more() -> None:
    played = Played(script(keys=KEYS, detects=False)).go_on(0.5)
    played.talk.press("7", played.now)
    assert played.go_on(3).sounds == [1, 2]
    assert played.talk.key == "7"
    played.talk.press("1", played.now)
    assert played.go_on(2).talk.key == "1"


@pytest.mark.parametrize(("keys", "waits_s"), [(KEYS, 5), ({"9": Answer(BYE)}, 2), ({}, 0)])
def test_it_waits_for_a_key_after_the_message(keys: dict[str, Answer], waits_s: float) -> None:
    played = Played(script(keys=keys, detects=False, opt_out="9")).go_on(3 + max(0, waits_s - 0.2))
    assert played.talk.state is not State.OVER
    assert played.go_on(1).talk.state is State.OVER


def test_the_key_for_no_more_calls() -> None:
    played = Played(script(keys=KEYS, detects=False, opt_out="9")).go_on(1)
    played.talk.press("9", played.now)
    assert played.talk.is_opted_out
    assert played.go_on(3).sounds == [1, 5]


def asked() -> Played:
    played = Played(script(keys=KEYS, detects=False)).go_on(0.5)
    played.talk.press("2", played.now)
    played.go_on(1.8)
    assert (played.talk.state, played.talk.redirect) == (State.ASKING, "61398765432")
    return played


def test_while_another_phone_rings_that_is_heard() -> None:
    played = asked()
    assert max(played.talk.turn(played.now + 0.1, b"", STEP)) > 0
    played.talk.connect()
    assert played.talk.state is State.THROUGH
    assert played.go_on(60).talk.state is State.THROUGH


def test_nobody_takes_a_call_that_is_put_through() -> None:
    played = asked()
    played.talk.decline(played.now)
    assert played.go_on(3).sounds[-1] == 6
    assert (played.talk.state, played.talk.redirect, played.talk.key) == (State.OVER, "", "2")


def test_a_key_in_a_machines_greeting_is_a_person() -> None:
    played = Played(script(keys=KEYS), speech(6)).go_on(6)
    assert played.talk.is_machine
    played.talk.press("1", played.now)
    assert not played.go_on(2).talk.is_machine
