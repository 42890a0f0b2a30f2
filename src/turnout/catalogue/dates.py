"""How dates, times and waits are written: patterns of CLDR, and the words between them."""

LABELS = {
    "date.day": "d MMMM y",
    "date.day_time": "d MMMM y, HH:mm",
    "date.days": "{first} to {last}",
    "date.moment": "EEEE, d MMMM y, HH:mm",
    "date.not_known": "The new date is not known yet",
    "date.short_moment": "d MMMM, HH:mm",
    "date.span": "{start} to {end} ({timezone})",
    "date.time": "HH:mm",
    "date.weekday": "EEEE, d MMMM",
    "date.zoned": "{moment} ({timezone})",
    "wait.day": "a day",
    "wait.days": "{count} days",
    "wait.hour": "an hour",
    "wait.hours": "{count} hours",
    "wait.minute": "a minute",
    "wait.minutes": "{count} minutes",
    "wait.second": "a second",
    "wait.seconds": "{count} seconds",
}
