"""Random names: of the right form, in the right order, the same again for the same seed."""

import re
import time
import uuid

from hypothesis import given
from hypothesis import strategies as st

from turnout.store.sources import CODE_ALPHABET, Ids, system_clock

instants = st.integers(0, 2**48 - 1)


@given(instants)
def test_a_uuid_is_of_version_7_and_tells_its_instant(now: int) -> None:
    made = uuid.UUID(Ids(1).uuid(now))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == now


@given(instants, instants)
def test_later_uuids_sort_later(one: int, other: int) -> None:
    ids = Ids()
    if one != other:
        assert (ids.uuid(one) < ids.uuid(other)) is (one < other)


def test_names_of_one_instant_differ() -> None:
    ids = Ids()
    for make in (lambda: ids.uuid(0), ids.pak, lambda: ids.code(10)):
        assert len({make() for _ in range(1000)}) == 1000


def test_paks_and_codes_have_their_form() -> None:
    ids = Ids()
    for _ in range(1000):
        assert re.fullmatch(r"[1-9]\d{15}", ids.pak())
        assert re.fullmatch(f"[{CODE_ALPHABET}]{{7}}", ids.code(7))
    assert not set("01OILUV") & set(CODE_ALPHABET)


def test_the_same_seed_makes_the_same_names() -> None:
    def names(ids: Ids) -> list[str]:
        return [ids.uuid(5), ids.pak(), ids.code(9)]

    assert names(Ids(7)) == names(Ids(7))
    assert names(Ids(7)) != names(Ids(8))
    assert names(Ids()) != names(Ids())


def test_the_clock_is_the_machines_in_milliseconds() -> None:
    before = time.time() * 1000
    assert before - 1 <= system_clock() <= time.time() * 1000 + 1
