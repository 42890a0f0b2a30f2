"""A bad value is refused wherever it stands, and every bad body is refused in one shape."""

import pytest

from tests.dialects.booking.school import School
from tests.support.node import BACKENDS

pytestmark = pytest.mark.parametrize("node", BACKENDS[:1], indirect=True)
COUNT = "/api/registrations/count"
GOOD = "2026-11-28T10:00:00Z"
NAME = "LastChangeTimeSince"


@pytest.mark.parametrize("path", [COUNT, "/api/registrations/search"])
@pytest.mark.parametrize(
    ("query", "body"),
    [
        (f"{NAME}=bogus", {NAME: GOOD}),
        (f"{NAME.lower()}=bogus", {NAME: GOOD}),
        (f"{NAME}={GOOD}", {NAME: "bogus"}),
        (f"{NAME}=bogus&{NAME}={GOOD}", {}),
    ],
)
def test_a_bad_one_is_refused_beside_a_good_one(
    school: School, path: str, query: str, body: object
) -> None:
    answer = school.ask("POST", f"{path}?{query}", body).send(school.node)
    assert (answer.status, answer.json()) == (400, {"Message": "The request is invalid."})


def test_two_good_ones_are_taken(school: School) -> None:
    answer = school.ask("POST", f"{COUNT}?{NAME}={GOOD}", {NAME: GOOD}).send(school.node)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("body", "headers", "detail"),
    [
        (b"{" + b" " * 5_000_000, {}, "The body is over 1048576 bytes. Send less at once."),
        (
            b"{}",
            {"Content_Encoding": "br"},
            "The Content-Encoding 'br' is not known: send gzip, or none.",
        ),
        (
            b"{}",
            {"Content_Encoding": "gzip"},
            "The body is not gzip, as its Content-Encoding says.",
        ),
        (
            b"{}",
            {"Content_Type": "text/plain; charset=x"},
            "The charset 'x' is not known: send UTF-8.",
        ),
        (b"&".join([b"a=1"] * 1001), {}, "The form has over 1000 fields. Send less at once."),
        (b"a=1&a[b]=2", {}, "The field a[b] is there as text and as a list."),
    ],
)
def test_every_bad_body_has_one_shape(
    school: School, body: bytes, headers: dict[str, str], detail: str
) -> None:
    answer = school.ask("POST", COUNT, body, **headers).send(school.node)
    assert (answer.status, answer.json()) == (
        400,
        {"Message": "The request is invalid.", "MessageDetail": detail},
    )
