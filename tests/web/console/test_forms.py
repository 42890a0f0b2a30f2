"""What is typed into forms of the console, and what is said beside it."""

import pytest

from tests.web.console.desk import Desk
from turnout.errors import Invalid
from turnout.web.console.forms import Form, fill


def form_of(text: str) -> Form:
    return Form([("it", text)])


@pytest.mark.parametrize(
    ("text", "minor", "fault"),
    [
        ("10.50", 1050, ""),
        ("10,5", 1050, ""),
        ("10", 1000, ""),
        ("0", 0, ""),
        ("", None, ""),
        ("10.505", None, "This is not an amount, such as 10.50."),
        ("1,000.50", None, "This is not an amount, such as 10.50."),
        ("-1", None, "This is not an amount, such as 10.50."),
        ("ten", None, "This is not an amount, such as 10.50."),
    ],
)
def test_amounts_take_a_point_and_a_comma(text: str, minor: int | None, fault: str) -> None:
    form = form_of(text)
    assert (form.amount("it"), form.faults.get("it", "")) == (minor, fault)


def test_amounts_of_currencies_without_parts() -> None:
    assert form_of("1200").amount("it", decimals=0) == 1200
    form = form_of("12.5")
    assert (form.amount("it", decimals=0), list(form.faults)) == (None, ["it"])


@pytest.mark.parametrize(
    ("text", "number", "fault"),
    [
        ("12", 12, ""),
        ("1 200", 1200, ""),
        ("", None, ""),
        ("12.0", None, "This is not a whole number, such as 12."),
        ("٣", None, "This is not a whole number, such as 12."),
        ("5000", 5000, "The number is not between 1 and 2,000."),
        ("-3", -3, "The number is not between 1 and 2,000."),
        ("--3", None, "This is not a whole number, such as 12."),
    ],
)
def test_whole_numbers(text: str, number: int | None, fault: str) -> None:
    form = form_of(text)
    assert form.whole("it", least=1, most=2000) == number
    assert form.faults.get("it", "") == fault


@pytest.mark.parametrize(
    ("text", "moment", "fault"),
    [
        ("2027-03-01T09:00", "2027-03-01T09:00", ""),
        ("2027-02-30T09:00", "", "This is not a date with a time."),
        ("yesterday", "", "This is not a date with a time."),
        ("", "", "Nothing is entered here."),
    ],
)
def test_moments(text: str, moment: str, fault: str) -> None:
    form = form_of(text)
    assert (form.moment("it"), form.faults.get("it", "")) == (moment, fault)


def test_texts_and_addresses() -> None:
    form = Form([("a", " Ada "), ("b", ""), ("c", "x" * 11), ("d", "ada@"), ("e", "")])
    assert [form.text("a"), form.text("b"), form.text("c", limit=10)] == ["Ada", "", "x" * 10]
    assert [form.email("d"), form.email("e", is_required=False)] == ["ada@", ""]
    assert form.faults == {
        "b": "Nothing is entered here.",
        "c": "The text is longer than 10 characters.",
        "d": "The address is not complete: it looks like name@example.org.",
    }
    assert not form.is_right


def test_choices() -> None:
    form = Form([("one", "b"), ("two", "x"), ("many", "1"), ("many", "x"), ("many", "3")])
    assert form.choice("one", ["a", "b"]) == "b"
    assert form.choice("two", ["a", "b"]) == ""
    assert form.choice("none", ["a"], is_required=False) == ""
    assert form.numbers("many") == [1, 3]
    assert form.faults == {"two": "Choose one of the list."}


def test_a_refusal_stands_beside_its_field_and_the_first_fault_counts() -> None:
    form = fill({"it": "x", "several": ["1", "2"]})
    form.refuse(Invalid("text.unstorable_form"), "it")
    form.fault("it", "console.fault.empty")
    assert list(form.faults) == ["it"]
    assert form.faults["it"] != "Nothing is entered here."
    assert form.values("several") == ["1", "2"]


def test_a_fault_that_all_fields_share_gets_the_label_of_its_field() -> None:
    form = Form()
    form.fault("a", "console.fault.empty")
    form.fault("b", "console.invitation.fault.many", limit="5")
    had_new = form.has_new_labels
    assert not had_new
    assert form.find_label("a") is None
    assert form.learn_label("a", "Begins") == form.learn_label("b", "Guests") == ""
    form.learn_label("a", "Another of that name")
    assert form.has_new_labels
    assert form.find_label("a") == form.changed({"do": "x"}).find_label("a") == "Begins"
    assert form.find_label("b") is None


def test_two_empty_fields_are_told_apart(desk: Desk) -> None:
    page = desk.send("/console/events/new", "/console/events/new").body.decode()
    summary = page.partition('class="faults"')[2].partition("</ul>")[0]
    assert '<a href="#f-title">Name of the event: Nothing is entered here.</a>' in summary
    assert '<a href="#f-starts">Begins: Nothing is entered here.</a>' in summary
    assert '<p class="error" id="e-title">' in page
    assert "Name: Nothing" not in page.partition("</ul>")[2]
