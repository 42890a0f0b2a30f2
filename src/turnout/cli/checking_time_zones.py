"""What `turnout doctor` looks at in the time zones' rules."""

from itertools import islice

from turnout.cli.app import counted
from turnout.cli.finding import Finding
from turnout.core.maintenance.time_zones import find_followed, find_moves, is_due
from turnout.core.zone_data import UNKNOWN, zone_data_version
from turnout.store import Database, Tx

YEARS_GOOD = 1
COUNTED = 1_000


def check_zone_data(db: Database, year: int) -> Finding:
    """Whether this process knows the rules of today (`year`), and the database goes by them."""
    version = zone_data_version()
    followed, moved = db.look(find_followed)
    stale = judge_age(version, year)
    if stale.advice or version == UNKNOWN:
        return stale
    if followed is not None and followed > version:
        advice = "Install the newer tzdata here too: `pip install -U tzdata`."
        seen = f"release {version}, older than the database's {followed}"
        return Finding("zone data", seen, advice)
    if db.look(is_due, version) and (count := db.look(count_moves)):
        shown = f"{count} times or more" if count == COUNTED else counted(count, "time")
        return Finding(
            "zone data",
            f"release {version}, the database goes by {followed or 'another'}; "
            f"{shown} of events, sessions and jobs that lie ahead would move",
            "Run `turnout migrate`; the next start of `turnout serve` does it too.",
        )
    times = f"; {counted(moved, 'time')} of events, sessions and jobs moved when it came"
    said = times if moved else ""
    return Finding("zone data", f"release {version}{said}")


def judge_age(version: str, year: int) -> Finding:
    """What a release says in `year`."""
    if version == UNKNOWN:
        advice = "Unset PYTHONTZPATH, so that the package tzdata is used."
        return Finding("zone data", "the folders in PYTHONTZPATH do not say their release", advice)
    if version[:4].isdigit() and year - int(version[:4]) > YEARS_GOOD:
        advice = "Install a newer one (`pip install -U tzdata`), then run `turnout migrate`."
        return Finding("zone data", f"release {version} is old: zones change every year", advice)
    return Finding("zone data", f"release {version}")


def count_moves(tx: Tx) -> int:
    """How many things would move, counted up to a limit."""
    return sum(1 for _ in islice(find_moves(tx), COUNTED))
