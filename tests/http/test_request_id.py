"""The number of a request: the caller's own where it is a sensible one."""

import pytest

from turnout.http.request_id import choose


@pytest.mark.parametrize("given", ["12345678", "order-66.b_C", "a" * 64])
def test_a_sensible_number_is_kept(given: str):
    headers = [(b"host", b"x"), (b"x-request-id", given.encode())]
    assert choose(headers) == given


@pytest.mark.parametrize(
    "given",
    [
        "",
        "1234567",
        "a" * 65,
        "with space",
        "line\nfeed",
        "quote\"'",
        "ümlaut-1",
        "<script>",
        "a/b/c/d/e",
    ],
)
def test_any_other_is_replaced(given: str):
    chosen = choose([(b"x-request-id", given.encode("latin-1"))])
    assert chosen != given
    assert choose([(b"x-request-id", chosen.encode())]) == chosen


def test_new_numbers_differ():
    assert len({choose([]) for _ in range(1000)}) == 1000
