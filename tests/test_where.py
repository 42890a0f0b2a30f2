"""The table of ARCHITECTURE.md says where each feature is: by its noun, with file names alone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/turnout"
ROW = re.compile(r"^\| ([a-z -]+?) +\| `([a-z_]+)` +\| `([\w/.]+)` +\|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
FEATURES = 25


def test_the_table_has_the_features() -> None:
    assert len(ROWS) >= FEATURES
    named = {feature for feature, *_ in ROWS}
    assert {"tickets", "waiting list", "check-in", "callbacks", "campaigns"} <= named


@pytest.mark.parametrize(("feature", "noun", "place"), ROWS)
def test_a_feature_is_found_by_its_noun(feature: str, noun: str, place: str) -> None:
    found = [path for path in SOURCE.rglob(f"{noun}*") if "__pycache__" not in path.parts]
    assert SOURCE / place in found, f"find -name '{noun}*' does not list {place}"
    # A noun that lists half of the tree finds nothing.
    assert len(found) <= 12
