"""From rows to structs."""

import msgspec
import pytest

from turnout.store import from_row


class Guest(msgspec.Struct, frozen=True):
    name: str
    age: int | None
    is_here: bool


@pytest.mark.parametrize(("number", "expected"), [(0, False), (1, True)])
def test_columns_become_fields_in_order(number, expected):
    assert from_row(Guest, ("Ada", None, number)) == Guest("Ada", None, expected)
    assert from_row(Guest, ["Ada", 36, expected]) == Guest("Ada", 36, expected)


@pytest.mark.parametrize("row", [("Ada", 36), ("Ada", 36, 1, 1), ()])
def test_a_row_of_another_length_is_an_error(row):
    with pytest.raises(ValueError, match="zip"):
        from_row(Guest, row)
