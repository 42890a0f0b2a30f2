"""What every test may count on: one seed a run, the report of the proofs, PostgreSQL on demand.

Tests with limits in milliseconds (marked `timed`) run in a stage of their own, with one worker;
`--stage` chooses. `TURNOUT_PROOF` chooses the counts of proofs: `full` for all of them, `due` for
those of the group that is due today, a number from 1 to 4 for that group's.

Under xdist the controller decides what run this is and tells its workers; their reports of
proofs travel back with the test reports.
"""

import datetime
import gc
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from tests.support import forked, proof, read_locks, templates
from tests.support.order import FileOrder, FileTimes
from tests.support.passwords import hash_cheaply
from tests.support.postgresql import Cluster

PROOF = "proof: "

# Compiled modules are kept, whatever the caller's habit, as by the Makefile: the tests start many
# processes, and each would compile all that it imports.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# How many new objects the collector waits for, and how many rounds of one age for the next one's.
GARBAGE = (10_000, 20, 10)


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """What a test sets up of the log is over with it: others capture what is logged."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server, one a worker process, started by the first test that asks."""
    with Cluster.start() as cluster:
        yield cluster


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-proof",
        action="store_true",
        help="fail unless exactly the proofs listed in tests/proofs.toml reported",
    )
    parser.addoption(
        "--stage",
        choices=["rest", "timed"],
        help="only tests with limits in milliseconds, or only the others",
    )
    parser.addoption(
        "--golden-update",
        action="store_true",
        help="write the golden files again from what is answered now; look at the diff",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.option.golden_update and os.environ.get("CI"):
        raise pytest.UsageError("--golden-update is for people: CI only compares")
    gc.disable()  # what is loaded and collected stays
    told = getattr(config, "workerinput", None)
    run = proof.Run(**told["run"]) if told else _read_run()
    proof.begin(run)
    folder = Path(told["templates"] if told else tempfile.mkdtemp(prefix="turnout-test-"))
    templates.begin(folder)
    config.option.hypothesisseed = run.seed
    hypothesis.settings.register_profile(
        "turnout", deadline=None, max_examples=proof.scale(30, 1000), print_blob=True
    )
    hypothesis.settings.load_profile("turnout")
    if run.full or config.option.stage == "timed":
        forked.refuse()
    hash_cheaply()
    read_locks.refuse()
    if told:
        config.pluginmanager.register(FileOrder(config, _list_seconds(config)))
    else:
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.pluginmanager.register(Templates(folder))
        config.pluginmanager.register(ProofReport(config, run))
        config.pluginmanager.register(FileTimes(config))


def _list_seconds(config: pytest.Config) -> Callable[[Path], list[int]]:
    """What finds the seconds of the full forms of a file's proofs."""
    path = config.rootpath / "tests/proofs.toml"
    listed = proof.read_list(path) if path.exists() else []
    return lambda file: [proof_.seconds for proof_ in proof.names_in(file, listed)]


def _read_run() -> proof.Run:
    """Read the environment, and clean it: the product refuses `TURNOUT_` names it doesn't know."""
    asked = os.environ.pop("TURNOUT_PROOF", "")
    seed = int(os.environ.pop("TURNOUT_SEED", "") or random.randrange(2**32))
    if asked in ("", "full"):
        return proof.Run(seed=seed, full=asked == "full")
    today = datetime.datetime.now(datetime.UTC).date()
    group = proof.due_group(today) if asked == "due" else int(asked)
    return proof.Run(seed=seed, full=True, groups=(group,))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Read no file of tests for a stage or mark that does not occur in it."""
    if collection_path.is_dir() or not collection_path.name.startswith("test_"):
        return None
    wanted = ["timed"] if config.option.stage == "timed" else []
    wanted += ["proof"] if config.option.markexpr == "proof" else []
    text = collection_path.read_text() if wanted else ""
    return True if any(f"mark.{mark}" not in text for mark in wanted) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the other stage's tests, the proofs of groups that are not due, and long proofs
    from a short run of everything."""
    stage, run = config.option.stage, proof.current()
    if not stage and not config.option.every_proof and len(run.groups) == proof.GROUPS:
        return
    listed = proof.read_list(config.rootpath / "tests/proofs.toml")
    due: dict[Path, bool] = {}

    def is_due(item: pytest.Item) -> bool:
        if item.get_closest_marker("proof") is None:
            return True
        if item.path not in due:
            found = proof.names_in(item.path, listed)
            due[item.path] = not found or any(_is_run(config, proof_) for proof_ in found)
        return due[item.path]

    def is_wanted(item: pytest.Item) -> bool:
        is_timed = item.get_closest_marker("timed") is not None
        return (not stage or is_timed == (stage == "timed")) and is_due(item)

    left_out = [item for item in items if not is_wanted(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if is_wanted(item)]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave modules and tests, a million objects, out of every search for garbage from here on."""
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    gc.enable()


def _is_run(config: pytest.Config, listed: proof.Proof) -> bool:
    """Whether this run is to do a proof. Anyone who names a long one can run its short form."""
    run = proof.current()
    is_left_out = listed.is_long and config.option.every_proof and not run.full
    return listed.group in run.groups and not is_left_out


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    report.user_properties += [(PROOF + name, counts) for name, counts in proof.take_reports()]
    return report


class Templates:
    """Tells the workers where this run keeps databases to copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node) -> None:
        node.workerinput["templates"] = str(self.folder)


class ProofReport:
    """Collects what the proofs of a run report, shows it, and holds it against the list."""

    def __init__(self, config: pytest.Config, run: proof.Run) -> None:
        self.config = config
        self.run = run
        self.lines: list[tuple[str, str]] = []
        self.gaps: list[str] = []
        self.seconds: dict[str, float] = {}
        self.listed: list[proof.Proof] = []

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        path = self.config.rootpath / "tests/proofs.toml"
        self.listed = proof.read_list(path) if path.exists() else []

    def _is_expected(self, listed: proof.Proof) -> bool:
        stage = self.config.option.stage
        return _is_run(self.config, listed) and (not stage or listed.is_timed == (stage == "timed"))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node) -> None:
        node.workerinput["run"] = vars(self.run)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for key, counts in report.user_properties:
            if key.startswith(PROOF):
                name = key.removeprefix(PROOF)
                self.lines.append((name, str(counts)))
                self.seconds[name] = self.seconds.get(name, 0.0) + report.duration

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.config.option.stage and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK  # a group need not have proofs of each stage
        if self.config.getoption("--every-proof"):
            expected = {proof_.name for proof_ in self.listed if self._is_expected(proof_)}
            self.gaps = proof.find_gaps(
                expected, {proof_.name for proof_ in self.listed}, {name for name, _ in self.lines}
            )
        if self.gaps and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        size = "full" if self.run.full else "short"
        terminalreporter.section(f"proofs, {size}; TURNOUT_SEED={self.run.seed} repeats this run")
        for name, counts in sorted(self.lines):
            terminalreporter.line(f"{PROOF}{name}: {counts}")
        if self.run.full:
            for name, seconds in sorted(self.seconds.items(), key=lambda pair: -pair[1]):
                terminalreporter.line(f"seconds: {seconds:.0f} {name}")
        for proof_ in self.listed:
            if proof_.group not in self.run.groups:
                terminalreporter.line(f"not run in full: {proof_.name} (group {proof_.group})")
            elif not _is_run(self.config, proof_):
                terminalreporter.line(f"not run: {proof_.name} (too long; make proof does it)")
        for gap in self.gaps:
            terminalreporter.line(f"ERROR: tests/proofs.toml: {gap}", red=True)
