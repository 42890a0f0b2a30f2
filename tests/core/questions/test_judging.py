"""What an answer may be, and in which form it is kept."""

import datetime
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.questions.asked import asked
from turnout.catalogue import say
from turnout.core.ids import TicketTypeId
from turnout.core.questions.countries import CODES
from turnout.core.questions.judging import find_unmet, judge, judge_all, parts_of, unmet
from turnout.core.questions.model import WITH_CHOICES, Answer, Kind
from turnout.errors import Invalid

AT = 1_800_000_000_000
CHOICES = ("Vegan", "No pork", "ÄPFEL")
VIP, HALL = TicketTypeId(7), TicketTypeId(8)

TAKEN = [
    (Kind.TEXT, "  Gate 4  ", "Gate 4"),
    (Kind.TEXT, "two\r\nlines\x07", "two lines"),
    (Kind.TEXT, "x" * 500, "x" * 500),
    (Kind.TEXT, "<script>alert(1)</script>", "<script>alert(1)</script>"),
    (Kind.LONG_TEXT, "a\r\n\r\nb\rc", "a\n\nb\nc"),
    (Kind.LONG_TEXT, "x" * 2000, "x" * 2000),
    (Kind.NUMBER, "12", "12"),
    (Kind.NUMBER, "+12.50", "12.50"),
    (Kind.NUMBER, "-0,5", "-0.5"),
    (Kind.NUMBER, "-0,0", "0"),
    (Kind.NUMBER, "\N{MINUS SIGN}3", "-3"),
    (Kind.NUMBER, "\N{ARABIC-INDIC DIGIT FOUR}\N{ARABIC-INDIC DIGIT TWO}", "42"),
    (Kind.CHOICE, "vegan", "Vegan"),
    (Kind.CHOICE, " NO  pork ", "No pork"),
    (Kind.CHOICE, "äpfel", "ÄPFEL"),
    (Kind.SEVERAL, "no pork; VEGAN;", "Vegan; No pork"),
    (Kind.SEVERAL, "Vegan", "Vegan"),
    (Kind.DATE, "2028-02-29", "2028-02-29"),
    (Kind.YES_NO, "TRUE", "yes"),
    (Kind.YES_NO, "0", "no"),
    (Kind.AGREEMENT, "false", "no"),
    (Kind.PHONE, "+49 (30) 123-4567", "+49 (30) 123-4567"),
    (Kind.PHONE, "112", "112"),
    (Kind.COUNTRY, "uk", "GB"),
    (Kind.COUNTRY, "de", "DE"),
    (Kind.COUNTRY, "cote d'ivoire".replace("o", "ô", 1), "CI"),
    (Kind.COUNTRY, "United  kingdom", "GB"),
]
REFUSED = [
    (Kind.TEXT, "x" * 501),
    (Kind.TEXT, "\x07"),
    (Kind.TEXT, "a\ud800"),
    (Kind.TEXT, "a\x00"),
    (Kind.LONG_TEXT, "x" * 2001),
    (Kind.NUMBER, "1,500"),
    (Kind.NUMBER, "1.2.3"),
    (Kind.NUMBER, "1e9"),
    (Kind.NUMBER, "nan"),
    (Kind.NUMBER, "9" * 200),
    (Kind.CHOICE, "Vegan; No pork"),
    (Kind.CHOICE, "Beef"),
    (Kind.SEVERAL, "Vegan; Beef"),
    (Kind.SEVERAL, ";"),
    (Kind.SEVERAL, "Vegan;" * 10_000),
    (Kind.DATE, "29.02.2028"),
    (Kind.DATE, "2027-02-29"),
    (Kind.DATE, "20280229"),
    (Kind.DATE, "2028-W01-1"),
    (Kind.YES_NO, "maybe"),
    (Kind.AGREEMENT, "I agree"),
    (Kind.PHONE, "call me"),
    (Kind.PHONE, "1" * 16),
    (Kind.PHONE, "+"),
    (Kind.COUNTRY, "Atlantis"),
    (Kind.COUNTRY, "XX"),
    (Kind.COUNTRY, "x" * 5000),
]


def a_question(kind: Kind):
    return asked("Diet", kind, choices=CHOICES if kind in WITH_CHOICES else ())


@pytest.mark.parametrize(("kind", "text", "kept"), TAKEN)
def test_an_answer_is_kept_in_one_form(kind: Kind, text: str, kept: str) -> None:
    assert judge(a_question(kind), text, AT) == Answer("Diet", kept)


@pytest.mark.parametrize(("kind", "text"), REFUSED)
def test_a_wrong_answer_names_the_question_and_what_it_takes(kind: Kind, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        judge(a_question(kind), text, AT)
    assert refused.value.code == f"answer.not_{kind.replace('-', '_')}"
    sentence = say(refused.value.code, refused.value.facts)
    assert sentence.startswith("'Diet' ")
    assert sentence.endswith(".")
    assert ("Vegan, No pork" in sentence) == (kind in WITH_CHOICES)


def test_an_agreement_says_to_what_and_when() -> None:
    terms = asked("Terms", Kind.AGREEMENT, version=3, text="Be kind.")
    assert judge(terms, "on", AT) == Answer("Terms", "yes", 3, AT)
    assert judge(terms, "no", AT) == Answer("Terms", "no")


@given(
    st.sampled_from(list(Kind)),
    st.text(max_size=600)
    | st.text(alphabet=string.digits + "+-., ;/()", max_size=20)
    | st.sampled_from(["yes", "vegan", "no pork;vegan", "DE", "2027-01-01"]),
)
def test_what_was_kept_is_kept_again_as_it_is(kind: Kind, text: str) -> None:
    question = a_question(kind)
    try:
        once = judge(question, text, AT)
    except Invalid as refused:
        assert refused.code == f"answer.not_{kind.replace('-', '_')}"  # noqa: PT017
        return
    assert judge(question, once.answer, AT) == once
    assert once.answer == once.answer.strip() != ""
    assert fits(kind, once.answer)


def fits(kind: Kind, kept: str) -> bool:
    """Whether an answer is what its kind promises to those who read it."""
    return {
        Kind.TEXT: lambda: "\n" not in kept and len(kept) <= 500,
        Kind.LONG_TEXT: lambda: "\r" not in kept and len(kept) <= 2000,
        Kind.NUMBER: lambda: float(kept) is not None and "," not in kept,
        Kind.CHOICE: lambda: kept in CHOICES,
        Kind.SEVERAL: lambda: [c for c in CHOICES if c in parts_of(kept)] == parts_of(kept),
        Kind.DATE: lambda: datetime.date.fromisoformat(kept).isoformat() == kept,
        Kind.YES_NO: lambda: kept in ("yes", "no"),
        Kind.AGREEMENT: lambda: kept in ("yes", "no"),
        Kind.PHONE: lambda: kept.isascii(),
        Kind.COUNTRY: lambda: kept in CODES,
    }[kind]()


def test_questions_are_found_by_name_in_any_case_and_the_rest_is_kept_as_it_came() -> None:
    questions = [asked("Diet", Kind.CHOICE, choices=CHOICES), asked("Über uns", id_=2)]
    given_ = [
        Answer("Contact Preference", "email"),
        Answer(" diet ", "VEGAN"),
        Answer("über  UNS", "web"),
        Answer("Contact Preference", "phone"),
        Answer("Diet", " "),
    ]
    assert judge_all(questions, given_, AT) == [
        Answer("Diet", "Vegan"),
        Answer("Über uns", "web"),
        Answer("Contact Preference", "email"),
        Answer("Contact Preference", "phone"),
    ]


def test_choices_may_come_one_by_one_and_of_other_answers_the_last_counts() -> None:
    questions = [asked("Diet", Kind.SEVERAL, choices=CHOICES), asked("Shirt", id_=2)]
    given_ = [Answer("diet", "no pork"), Answer("diet", "vegan"), Answer("Shirt", "M")]
    assert judge_all(questions, [*given_, Answer("SHIRT", "L")], AT) == [
        Answer("Diet", "Vegan; No pork"),
        Answer("Shirt", "L"),
    ]


def test_what_is_required_is_asked_with_its_ticket_types_alone() -> None:
    shirt = asked("Shirt", is_required=True)
    table = asked("Table", id_=2, is_required=True, ticket_type_ids=(VIP,))
    terms = asked("Terms", Kind.AGREEMENT, id_=3, is_required=True, version=1, text="x")
    questions = [shirt, table, terms, asked("Hobby", id_=4)]
    assert find_unmet(questions, [], VIP) == [shirt, table, terms]
    assert find_unmet(questions, [], HALL) == [shirt, terms]
    answers = [Answer("SHIRT", "M"), Answer("Terms", "no")]
    assert find_unmet(questions, answers, HALL) == [terms]
    assert find_unmet(questions, [*answers, Answer("Terms", "yes", 1, AT)], HALL) == []
    assert say("answer.required", unmet(shirt).facts) == "'Shirt' must be answered."
    assert unmet(terms).code == "answer.agree"
