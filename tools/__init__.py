"""Checks that `make check` runs besides the usual linters. Nothing here is part of the product."""
