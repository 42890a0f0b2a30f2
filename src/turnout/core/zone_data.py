"""Which release of the time zones' rules this process goes by (`2026f`)."""

import zoneinfo
from pathlib import Path

UNKNOWN = "unknown"


def zone_data_version() -> str:
    """The release of the IANA time zone database in use: the package's, or that of the folders in
    PYTHONTZPATH. `unknown` where a folder does not say."""
    if not zoneinfo.TZPATH:
        import tzdata

        return str(tzdata.IANA_VERSION)
    return next(filter(None, map(_version_in, zoneinfo.TZPATH)), UNKNOWN)


def _version_in(folder: str) -> str:
    try:
        with (Path(folder) / "tzdata.zi").open(encoding="utf-8") as file:
            words = file.readline().split()
    except (OSError, UnicodeDecodeError):
        return ""
    return words[2] if words[:2] == ["#", "version"] and len(words) > 2 else ""
