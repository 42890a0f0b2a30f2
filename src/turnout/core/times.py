"""Which moments may be kept: those of years in which each has a date in every zone."""

YEARS = range(1970, 3000)
# The epoch ms when these years are over.
OVER_AT = 32_503_680_000_000
