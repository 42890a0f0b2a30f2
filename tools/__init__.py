"""Checks that `make check` runs in addition to the usual linters. Nothing here is part of the
product."""
