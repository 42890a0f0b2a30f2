"""Proofs: their scale, their report through the workers, and the list that guards them."""

import datetime
from pathlib import Path

import pytest

from tests.support import proof

ROOT = Path(__file__).parents[2]
RACE = """
import os
import pytest
from tests.support import proof

@pytest.mark.proof
def test_race():
    proof.report("race", rounds=proof.scale(3, 300), seed=proof.seed(), first=draw())
    assert not [name for name in os.environ if name.startswith("TURNOUT_")]

def draw():
    return proof.random_for("race").randrange(1000)
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch) -> pytest.Pytester:
    """A project with this conftest, one proof and its list; every run is a process of its own, and
    has a worker only where a test asks for one."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini(
        "[pytest]\nmarkers =\n    proof\n    timed\n"
        "addopts = -n 0 --import-mode=importlib -p no:schemathesis"
    )
    pytester.makeconftest((ROOT / "tests/conftest.py").read_text())
    pytester.makepyfile(test_race=RACE)
    list_proofs(pytester, "race")
    return pytester


def list_proofs(project: pytest.Pytester, *names: str) -> None:
    listed = project.path / "tests/proofs.toml"
    listed.parent.mkdir(exist_ok=True)
    lines = [
        f'{name} = {{ group = {n % 4 + 1}, seconds = 1, shows = "…" }}\n'
        for n, name in enumerate(names)
    ]
    listed.write_text("[proofs]\n" + "".join(lines))


def test_a_proof_reports_through_a_worker_and_repeats_by_its_seed(project, monkeypatch):
    monkeypatch.setenv("TURNOUT_SEED", "7")
    first, second = (project.runpytest_subprocess("--every-proof", "-n", "1") for _ in range(2))
    first.assert_outcomes(passed=1)
    line = next(line for line in first.outlines if line.startswith("proof: race: "))
    assert line.startswith("proof: race: rounds=3 seed=7 first=")
    assert line in second.outlines


def test_the_full_scale_is_asked_for_by_the_environment(project, monkeypatch):
    monkeypatch.setenv("TURNOUT_PROOF", "full")
    result = project.runpytest_subprocess("-m", "proof", "--every-proof", "-n", "1")
    result.stdout.fnmatch_lines(["*proofs, full; TURNOUT_SEED=*", "proof: race: rounds=300 *"])
    assert result.ret == pytest.ExitCode.OK


def test_a_listed_proof_that_does_not_report_makes_the_run_red(project):
    list_proofs(project, "race", "crash")
    result = project.runpytest_subprocess("--every-proof", "-n", "1")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["ERROR: tests/proofs.toml: crash is listed but did not report"])


def test_a_proof_that_is_not_listed_makes_the_run_red(project):
    list_proofs(project)
    result = project.runpytest_subprocess("--every-proof")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["ERROR: tests/proofs.toml: race reported but is not listed"])


def test_a_long_proof_is_left_out_of_short_runs_of_all(project, monkeypatch):
    listed = project.path / "tests/proofs.toml"
    listed.write_text(listed.read_text().replace("seconds", "long = true, seconds"))
    short = project.runpytest_subprocess("--every-proof")
    assert "proof: race: " not in short.stdout.str()
    short.stdout.fnmatch_lines(["not run: race (too long; make proof does it)"])
    named = project.runpytest_subprocess("test_race.py")
    named.stdout.fnmatch_lines(["proof: race: rounds=3 *"])
    monkeypatch.setenv("TURNOUT_PROOF", "1")
    proved = project.runpytest_subprocess("-m", "proof", "--every-proof")
    proved.stdout.fnmatch_lines(["proof: race: rounds=300 *"])
    assert (named.ret, proved.ret) == (pytest.ExitCode.OK, pytest.ExitCode.OK)


def test_a_soak_may_do_more_than_the_full_count(monkeypatch):
    scaled = []
    for run in (proof.Run(1, False), proof.Run(1, True, (2,)), proof.Run(1, True)):
        monkeypatch.setattr(proof, "_run", run)
        scaled.append((proof.scale(1, 2), proof.scale(1, 2, 3)))
    assert scaled == [(1, 1), (2, 2), (2, 3)]


def test_a_partial_run_is_not_held_against_the_list(project):
    list_proofs(project, "race", "crash")
    assert project.runpytest_subprocess().ret == pytest.ExitCode.OK


def test_every_listed_proof_stands_in_a_test_file_whose_proofs_have_one_group():
    listed = proof.read_list(ROOT / "tests/proofs.toml")
    files = {
        path: proof.names_in(path, listed)
        for path in (ROOT / "tests").rglob("test_*.py")
        if path.name != Path(__file__).name
    }
    assert {name for found in files.values() for name in found} == set(listed)
    mixed = {path: found for path, found in files.items() if len({p.group for p in found}) > 1}
    assert mixed == {}


def test_a_run_of_one_group_runs_it_in_full_and_says_what_it_did_not(project, monkeypatch):
    list_proofs(project, "race", "crash")
    monkeypatch.setenv("TURNOUT_PROOF", "1")
    result = project.runpytest_subprocess("-m", "proof", "--every-proof")
    result.stdout.fnmatch_lines(
        ["proof: race: rounds=300 *", "seconds: 0 race", "not run in full: crash (group 2)"]
    )
    assert result.ret == pytest.ExitCode.OK


def test_the_group_that_is_due_follows_the_day_of_the_year():
    days = [datetime.date(2026, 1, day) for day in range(1, 6)]
    assert [proof.due_group(day) for day in days] == [2, 3, 4, 1, 2]


def test_tests_with_limits_in_milliseconds_run_in_their_own_stage_only(project):
    project.makepyfile(
        test_race=RACE,
        test_fast="import pytest\n@pytest.mark.timed\ndef test_fast():\n    assert True\n",
    )
    rest = project.runpytest_subprocess("--stage=rest")
    rest.assert_outcomes(passed=1)
    assert "proof: race: " in rest.stdout.str()
    timed = project.runpytest_subprocess("--stage=timed")
    timed.assert_outcomes(passed=1)
    assert "proof: race: " not in timed.stdout.str()


def test_a_proof_is_timed_where_its_test_is():
    """Else neither stage, or both, would expect it."""
    listed = proof.read_list(ROOT / "tests/proofs.toml")
    wrong = [
        (path.name, proof_.name)
        for path in (ROOT / "tests").rglob("test_*.py")
        if path.name != Path(__file__).name
        for proof_ in proof.names_in(path, listed)
        if proof_.is_timed != ("@pytest.mark.timed" in path.read_text())
    ]
    assert wrong == []
