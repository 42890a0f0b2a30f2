"""The time zones that a form offers."""

from functools import cache
from zoneinfo import available_timezones

# Names without a place: old spellings and fixed offsets; UTC is offered by its own name.
_ODD = ("Etc/", "SystemV/", "US/", "posix/", "right/")


@cache
def list_zones() -> list[str]:
    """IANA names of zones with a place, by name, and UTC."""
    named = (name for name in available_timezones() if "/" in name and not name.startswith(_ODD))
    return [*sorted(named), "UTC"]
