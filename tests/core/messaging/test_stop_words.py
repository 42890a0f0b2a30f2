"""Which replies end it."""

import pytest

from turnout.core.messaging.stop_words import WORDS, ends_it, takes_it_back


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_word_ends_it_in_any_case_and_with_any_signs(word: str) -> None:
    for text in (
        word,
        word.upper(),
        word.title(),
        f" {word}! ",
        f"“{word}.”",
        f"\u200e{word}\u200f",
    ):
        assert ends_it(text), text
        assert ends_it(f"{text}\nSent from my iPhone"), text


@pytest.mark.parametrize(
    "text",
    [
        "STOP 🛑",
        "S.T.O.P",
        "\uff33\uff34\uff2f\uff30",
        "Opt-out",
        "opt  out.",
        "Stop - Sent from my Galaxy",
        "Stop, sent from my phone",
        "STOP\r\n\r\n-- \r\nJane Doe\r\nHead of Sales, Acme Ltd, 12 Long Street, Springfield",
        "End\n\nGesendet von meinem iPhone",
        "Stop\nJane, Acme Ltd",
        "\n\nstop",
        "Cancel\n--\nJane",
        "Stop\nEnvoyé de mon iPhone",
    ],
)
def test_signatures_and_signs_do_not_matter(text: str) -> None:
    assert ends_it(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "!",
        "late, and stop it",
        "stop it",
        "don't stop",
        "End\nof June works for me",
        "Cancel\nmy seat at the dinner, keep the rest",
        "Stop\n" + "tell me when the doors open and where I can park my car on that day",
        "the end",
        "ok",
        "stop" * 300,
    ],
)
def test_sentences_do_not_end_it(text: str) -> None:
    assert not ends_it(text)


def test_the_operator_and_the_job_have_words_of_their_own() -> None:
    assert ends_it("Enough.", ["enough", "退订"])
    assert ends_it("退订", ["enough", "退订"])
    assert ends_it("no-more", (), "No More")
    assert not ends_it("enough")
    assert not ends_it("", ["", "!"], "")


ENDING = (
    """
Please stop|stop please|STOP STOP|stop stop stop|STOP, Jim|STOP, JIM|Stop, Jane Doe|No. Stop
No, stop|No thanks, stop|NO! STOP!|Unsubscribe me|unsubscribe me please|please unsubscribe
stop texting me|STOP TEXTING ME!|Stop messaging us.|please stop texting this number
stop sending me messages
Stop sending me these texts|stop all messages|stop the texts please|stop sms|Arrêt|ARRÊT
arret|ABMELDEN|Bitte abmelden|STOPP|stopp!|Stopp bitte|STOP - Jane|S.T.O.P|Pls stop|Stop now
STOP, thanks
Stop, please. Thank you|opt me out|opt out please|END END|cancel cancel|STOPALL STOPALL|Stop! Stop!
stop s'il vous plaît|BAJA|baja por favor|Afmelden|Please stop - Jane|Stop, sent from my phone
STOP ALL|unsubscribe me from this list|Unsubscribe, Åsa Öberg
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

GOING_ON = (
    """
don't stop|please don't stop|stop by at 8|Stop by at 8, Jim|we will stop at the hotel
Which stop is it?|the bus stop|bus stop please|non-stop|no stop|No stops today|Non, stop nowhere
No. Don't stop|No, I will stop by|please stop by|please stop at the hotel|stop, I am coming
Stop, We Are Coming|Stop, wait for me|stop it|STOP IT|Stop worrying|stop sending Jim there
stop texting Jane|stop the car|stop the music please|please cancel|cancel please|please end
please cancel my seat|Cancel, Jim is ill|end of June|the end|End at 8|quit smoking|quit now
I quit|I unsubscribe nobody|how do I unsubscribe?|How can I stop this|unsubscribe my brother
opt Jane out|is it opt out or opt in|arrêt de bus|Welche Haltestelle? Stopp 4
Kann ich mich abmelden?|non-stop flight, thanks|full stop.|last stop, Jim|stop 4|Stop and go
please|No.|No thanks|thanks|Jim|please now|stopwatch|unstoppable|start|yes please
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("text", ENDING)
def test_plain_requests_end_it(text: str) -> None:
    assert ends_it(text)


@pytest.mark.parametrize("text", GOING_ON)
def test_ordinary_sentences_do_not(text: str) -> None:
    assert not ends_it(text)


def test_a_request_may_be_signed_and_not_go_on() -> None:
    assert ends_it("Please stop\nJane Doe")
    assert ends_it("Please stop\nSent from my iPhone")
    assert not ends_it("Please stop\nby at 8")
    assert not ends_it("Please stop\nAt The Hotel")


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("START", True),
        ("start.", True),
        ("Unstop", True),
        ("START - Jane", True),
        ("Start\nSent from my iPhone", True),
        ("yes", False),
        ("start at 8", False),
        ("When does it start?", False),
        ("Start\nat 8", False),
        ("stop", False),
        ("", False),
    ],
)
def test_one_word_alone_takes_it_back(text: str, does: bool) -> None:
    assert takes_it_back(text) is does
