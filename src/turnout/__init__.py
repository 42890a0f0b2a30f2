"""Turnout: one self-hosted server for everything around an event."""

import os
import zoneinfo

__version__ = "0.1.0"

# Time zones come from the locked package `tzdata`, in every process: a system's own copy is often
# years old, and would win otherwise. Who sets PYTHONTZPATH wants their own.
if not os.environ.get("PYTHONTZPATH"):
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
