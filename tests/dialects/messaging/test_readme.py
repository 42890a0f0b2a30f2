"""What the dialect's README names is so."""

from pathlib import Path

from turnout.core.identity.timezones import ZONES
from turnout.dialects import messaging
from turnout.dialects.messaging.errors import STATUS

README = Path(messaging.__file__).with_name("README.md").read_text()


def test_every_time_zone_is_published_with_its_number():
    _, _, table = README.partition("## Time zones")
    cells = [cell.strip() for cell in table.split("|")]
    published = dict(cell.split() for cell in cells if cell and not cell.startswith("-"))
    assert published == {str(number): zone for number, zone in ZONES.items()}


def test_every_kind_of_failure_is_listed_with_its_status():
    _, _, table = README.partition("## Errors")
    rows = [line.split("|") for line in table.splitlines() if line.startswith("|")][2:]
    listed = {
        kind.strip(): int(cells[2])
        for cells in rows
        if cells[2].strip().isdigit()
        for kind in cells[1].split(",")
    }
    assert listed == {kind.__name__: status for kind, status in STATUS.items()}
