"""Long test files first, so that no worker is left with one when the others have ended.

xdist begins with the files of most tests, and those are the quick ones. So a run of all tests
keeps in pytest's cache how long each file took. A fresh copy of the source has no cache: then the
guess is what `LONG` says, or else the number of tests, and the seconds that `proofs.toml` lists for
the full forms of a file's proofs.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

KEY = "turnout/seconds-of-files"
# The share of a proof's full form that its short one takes, and the seconds of an ordinary test.
SHORT = 0.1
ORDINARY_S = 0.05
# Seconds of files whose tests are not ordinary: they start programs, browsers or servers.
LONG = {
    "tests/bench/test_bench.py": 25,
    "tests/cli/test_demo.py": 10,
    "tests/cli/test_demo_safety.py": 5,
    "tests/cli/test_doctor.py": 7,
    "tests/cli/test_event_files.py": 6,
    "tests/cli/test_imports.py": 7,
    "tests/cli/test_servers.py": 36,
    "tests/cli/test_wrong_databases.py": 40,
    "tests/clients/test_clients.py": 25,
    "tests/core/erasure/test_erasing.py": 12,
    "tests/core/erasure/test_expiring.py": 12,
    "tests/core/exams/test_together.py": 8,
    "tests/core/mails/test_sending.py": 6,
    "tests/core/messaging/test_bad_rows.py": 8,
    "tests/core/registrations/test_batches.py": 7,
    "tests/core/registrations/test_doors_machine.py": 6,
    "tests/deploy/test_proxies.py": 10,
    "tests/dialects/attendance/test_golden.py": 8,
    "tests/dialects/messaging/test_auth.py": 8,
    "tests/dialects/messaging/test_golden.py": 12,
    "tests/dialects/messaging/test_jobs.py": 7,
    "tests/dialects/messaging/test_roles.py": 7,
    "tests/dialects/registration/test_golden.py": 12,
    "tests/e2e/test_between_doors.py": 15,
    "tests/e2e/test_organizers_day.py": 15,
    "tests/http/test_reception.py": 10,
    "tests/http/test_server.py": 25,
    "tests/http/test_sign_ins.py": 10,
    "tests/store/migrations/test_running.py": 17,
    "tests/store/test_backups.py": 20,
    "tests/support/test_order.py": 4,
    "tests/support/test_proof.py": 12,
    "tests/test_docs.py": 12,
    "tests/test_patterns.py": 12,
    "tests/tools/test_install.py": 10,
    "tests/upgrade/test_upgrade.py": 20,
    "tests/web/console/exams/test_browser.py": 12,
    "tests/web/console/messages/test_browser.py": 12,
    "tests/web/console/organization/test_browser.py": 9,
    "tests/web/console/test_browser.py": 10,
    "tests/web/console/test_event_walk.py": 12,
    "tests/web/console/test_small_screens.py": 5,
    "tests/web/my/test_kept.py": 7,
    "tests/web/test_browser.py": 40,
    "tests/web/test_cross_site.py": 6,
    "tests/web/test_form_limits.py": 12,
    "tests/web/test_large_text.py": 8,
}


class FileOrder:
    """Puts a worker's files in order. `list_seconds` gives a file's listed proofs' seconds."""

    def __init__(
        self, config: pytest.Config, list_seconds: Callable[[Path], Iterable[int]]
    ) -> None:
        self.config = config
        self.list_seconds = list_seconds

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """The same order in every worker: all read what was known before the run."""
        known: dict[str, float] = self.config.cache.get(KEY, {})
        paths = {_file_of(item.nodeid): item.path for item in items}
        tests = Counter(_file_of(item.nodeid) for item in items)
        weights = {
            file: known.get(file) or LONG.get(file) or self._guess(path, tests[file])
            for file, path in paths.items()
        }
        items.sort(key=lambda item: -weights[_file_of(item.nodeid)])

    def _guess(self, path: Path, tests: int) -> float:
        return SHORT * sum(self.list_seconds(path)) + ORDINARY_S * tests


class FileTimes:
    """Keeps the seconds of each file at the end of a run of all tests."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[_file_of(report.nodeid)] += report.duration

    def pytest_sessionfinish(self) -> None:
        if self.config.option.every_proof:
            known = self.config.cache.get(KEY, {})
            self.config.cache.set(KEY, known | self.seconds)


def _file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]
