"""The primary fails under load of all five APIs, in each way that a machine can fail.

`deploy/ha/trial` starts the databases, HAProxy and two nodes of Turnout. The primary's
PostgreSQL is killed, its machine is frozen, its machine is cut off. Each time another becomes the
primary and service is back by itself; in the end everything that was answered is there, once.
"""

import faulthandler
import time
from pathlib import Path

import pytest

from tests.deploy.books import count_unsettled, find_wrongs, make_house
from tests.deploy.callers import Booking, Joining, Load, Registering, Scanning, Sending
from tests.deploy.trial import Machines, running_trial, wait_until
from tests.support import proof
from turnout.settings import Settings
from turnout.store import open_database

BACK_S = 30
DEADLINE_S = 40
WHOLE_S = 120
SETTLED_S = 120
FAULTS = ("kill", "freeze", "cut")


@pytest.mark.proof
def test_a_primary_that_fails_costs_no_answer(tmp_path: Path) -> None:
    faulthandler.cancel_dump_traceback_later()  # it takes longer than a test that hangs
    faults = proof.scale(("kill",), FAULTS, FAULTS * 10)
    machines = 3 if len(faults) > 1 else 2
    dice = proof.random_for("failover")
    settings = {"rate_limit_per_minute": 0, "access_log": "false"}
    is_cuttable = "cut" in faults
    with running_trial(machines, tmp_path / "logs", is_cuttable=is_cuttable, **settings) as trial:
        house = make_house(trial.database_url, tickets=40)
        outages = []
        with Load(trial.web, house, dice, pause_s=proof.scale(0.3, 0.2)) as load:
            wait_until(lambda: load.is_served(0), "service before any fault", BACK_S)
            for number, fault in enumerate(faults, start=1):
                outages.append(_fail(trial, load, fault, is_last=number == len(faults)))
                print(f"{number}: {fault}, back in {outages[-1]:.1f} s", flush=True)
                assert "\n".join(load.lies) == ""
        for caller in load.callers:
            caller.repeat_open()
        _wait_until_settled(trial.database_url)
        assert load.lies == []
        assert find_wrongs(trial.database_url, load) == []
        assert trial.list_restarted() == []
        assert trial.list_tracebacks() == []
        assert "Turnout answers: yes" in trial.read_status()
    assert trial.list_running() == []
    assert max(outages) <= BACK_S
    assert load.longest() <= DEADLINE_S
    _report(load, outages)


def _fail(trial: Machines, load: Load, fault: str, *, is_last: bool) -> float:
    """Let the primary fail; seconds until every caller was served again."""
    primary = trial.find_primary()
    assert primary
    since = time.monotonic()
    undo = getattr(trial, fault)(primary)
    try:
        wait_until(
            lambda: trial.find_primary(other_than=primary), f"{fault}: a primary", 2 * BACK_S
        )
        there = time.monotonic()
        wait_until(
            lambda: load.is_served(there), f"{fault}: service is back", 2 * BACK_S, load.describe
        )
    finally:
        undo()
    outage = load.measure_outage(since)
    if not is_last:
        wait_until(trial.is_whole, f"{fault}: {primary} follows the new primary", WHOLE_S)
    return outage


def _wait_until_settled(url: str) -> None:
    db = open_database(Settings(database_url=url))
    try:
        wait_until(lambda: db.call(count_unsettled) == 0, "all is decided and sent", SETTLED_S)
    finally:
        db.close()


def _report(load: Load, outages: list[float]) -> None:
    deeds = [deed for caller in load.callers for deed in caller.deeds]
    outcomes = {name: sum(deed.outcome == name for deed in deeds) for name in ("open", "refused")}
    done = {
        kind.api: sum(deed.outcome == "done" for deed in load.deeds(kind))
        for kind in (Registering, Scanning, Booking, Sending, Joining)
    }
    assert all(done.values())
    proof.report(
        "failover",
        faults=len(outages),
        longest_outage_s=f"{max(outages):.1f}",
        longest_answer_s=f"{load.longest():.1f}",
        reads=sum(caller.reads for caller in load.callers),
        **done,
        **outcomes,
        seed=proof.seed(),
    )
