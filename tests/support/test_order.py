"""Long files come first: by the seconds of the run before, else by their proofs and tests."""

from pathlib import Path

import pytest

from tests.support.order import LONG

ROOT = Path(__file__).parents[2]
SLOW = "def test_slow():\n    assert sum(range(10**7))\n"
TWO_QUICK = "def test_one(): pass\n\ndef test_two(): pass\n"
RACE = """
import pytest
from tests.support import proof

@pytest.mark.proof
def test_race():
    proof.report("race", rounds=3)
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini(
        "[pytest]\nmarkers =\n    proof\n    timed\naddopts = -n 1 --dist loadfile "
        "--no-loadscope-reorder --import-mode=importlib -p no:schemathesis -v"
    )
    pytester.makeconftest((ROOT / "tests/conftest.py").read_text())
    pytester.makepyfile(test_a=TWO_QUICK, test_b=SLOW, test_c=RACE)
    (pytester.path / "tests").mkdir()
    listed = 'race = { group = 1, seconds = 9, shows = "…" }\n'
    (pytester.path / "tests/proofs.toml").write_text("[proofs]\n" + listed)
    return pytester


def list_order(result: pytest.RunResult) -> list[str]:
    lines = [line for line in result.outlines if "PASSED" in line]
    files = [line.rpartition("PASSED")[2].strip().partition("::")[0] for line in lines]
    return list(dict.fromkeys(files))


def test_a_first_run_goes_by_proofs_and_tests_and_the_next_by_seconds(
    project: pytest.Pytester,
) -> None:
    first = project.runpytest_subprocess("--every-proof")
    first.assert_outcomes(passed=4)
    assert list_order(first) == ["test_c.py", "test_a.py", "test_b.py"]
    second = project.runpytest_subprocess("--every-proof")
    assert list_order(second)[0] == "test_b.py"


def test_the_files_that_are_known_to_be_long_exist() -> None:
    assert [file for file in LONG if not (ROOT / file).exists()] == []
