"""What every test may count on: one seed a run, the report of the proofs, PostgreSQL on demand.

Under xdist the controller decides what run this is and tells its workers; their reports of
proofs travel back with the test reports.
"""

import os
import random
import tomllib
from collections.abc import Generator, Iterator

import hypothesis
import pytest

from tests.support import proof
from tests.support.postgresql import Cluster

PROOF = "proof: "


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
        "--golden-update",
        action="store_true",
        help="write the golden files anew from what is answered now; look at the diff",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.option.golden_update and os.environ.get("CI"):
        raise pytest.UsageError("--golden-update is for people: CI only compares")
    told = getattr(config, "workerinput", None)
    run = proof.Run(**told["run"]) if told else _read_run()
    proof.begin(run)
    config.option.hypothesisseed = run.seed
    hypothesis.settings.register_profile(
        "turnout", deadline=None, max_examples=proof.scale(30, 1000), print_blob=True
    )
    hypothesis.settings.load_profile("turnout")
    if not told:
        config.pluginmanager.register(ProofReport(config, run))


def _read_run() -> proof.Run:
    """Read the environment, and clean it: the product refuses `TURNOUT_` names it doesn't know."""
    full = os.environ.pop("TURNOUT_PROOF", "") == "full"
    seed = os.environ.pop("TURNOUT_SEED", "") or random.randrange(2**32)
    return proof.Run(seed=int(seed), full=full)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    report.user_properties += [(PROOF + name, counts) for name, counts in proof.take_reports()]
    return report


class ProofReport:
    """Collects what the proofs of a run report, shows it, and holds it against the list."""

    def __init__(self, config: pytest.Config, run: proof.Run) -> None:
        self.config = config
        self.run = run
        self.lines: list[tuple[str, str]] = []
        self.gaps: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node) -> None:
        node.workerinput["run"] = vars(self.run)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for key, counts in report.user_properties:
            if key.startswith(PROOF):
                self.lines.append((key.removeprefix(PROOF), str(counts)))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.config.getoption("--every-proof"):
            listed = tomllib.loads((self.config.rootpath / "tests/proofs.toml").read_text())
            self.gaps = proof.find_gaps(set(listed["proofs"]), {name for name, _ in self.lines})
        if self.gaps and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        size = "full" if self.run.full else "short"
        terminalreporter.section(f"proofs, {size}; TURNOUT_SEED={self.run.seed} repeats this run")
        for name, counts in sorted(self.lines):
            terminalreporter.line(f"{PROOF}{name}: {counts}")
        for gap in self.gaps:
            terminalreporter.line(f"ERROR: tests/proofs.toml: {gap}", red=True)
