"""The summary of faults says which field each is of."""

from tests.web.console.desk import Desk
from turnout.web.console.fault_names import name_faults

PAGE = (
    '<a href="#f-a">Empty.</a><a href="#f-b">Empty.</a><a href="#f-c">Empty.</a>'
    '<label for="f-a">Where &amp; when <span class="optional">(optional)</span></label>'
    '<fieldset class="field" id="f-b" tabindex="-1">\n<legend>Which <b>one</b>?</legend></fieldset>'
)


def test_labels_and_legends_name_faults() -> None:
    said = name_faults(PAGE, ["a", "b", "c"])
    assert said.startswith(
        '<a href="#f-a">Where &amp; when: Empty.</a><a href="#f-b">Which one? Empty.</a>'
        '<a href="#f-c">Empty.</a>'
    )
    assert name_faults(PAGE, []) == PAGE


def test_two_empty_fields_are_told_apart(desk: Desk) -> None:
    page = desk.send("/console/events/new", "/console/events/new").body.decode()
    summary = page.partition('class="faults"')[2].partition("</ul>")[0]
    assert '<a href="#f-title">Name of the event: Nothing is entered here.</a>' in summary
    assert '<a href="#f-starts">Begins: Nothing is entered here.</a>' in summary
    assert '<p class="error" id="e-title">' in page
    assert "Name: Nothing" not in page.partition("</ul>")[2]
