"""What the server tells Prometheus. No label ever names an organization or a person.

Requests are counted in plain dictionaries, on the event loop only, and turned into Prometheus'
shapes when somebody asks: a labelled counter and histogram cost 8 µs a request, this one 1 µs.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FAILED = 500
_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

in_flight = Gauge("turnout_requests_in_flight", "Requests being answered now")
limited = Counter("turnout_requests_limited", "Requests refused by a rate limit", ["endpoint"])
refused = Counter("turnout_connections_refused", "Connections over the limit")
waiting = Gauge("turnout_queue_waiting", "Entries that wait in a queue", ["queue"])
processed = Counter("turnout_queue_processed", "Entries that a queue finished", ["queue"])
set_aside = Gauge("turnout_work_set_aside", "Work that stopped its worker three times", ["queue"])
writes_waiting = Gauge("turnout_database_writes_waiting", "Commands that wait for the database")

messages = Counter("turnout_messages", "Messages handed to networks", ["channel", "outcome"])
account_messages = Counter(
    "turnout_account_messages", "Messages handed to each account", ["account", "outcome"]
)
account_open = Gauge("turnout_account_open", "Whether an account takes messages now", ["account"])
calls = Gauge("turnout_calls", "Calls in progress, by trunk", ["account"])
calls_ended = Counter("turnout_calls_ended", "Calls that ended", ["account", "status"])
call_loss = Histogram(
    "turnout_call_loss_ratio",
    "Share of a call's packets that were lost",
    ["account", "direction"],
    buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
)
call_jitter = Histogram(
    "turnout_call_jitter_seconds",
    "Jitter of a call's packets",
    ["account", "direction"],
    buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
)
call_mos = Histogram(
    "turnout_call_mos",
    "Estimated opinion of a call's listeners, 1 to 4.4",
    ["account"],
    buckets=(1.5, 2, 2.5, 3, 3.5, 4, 4.2, 4.4),
)
trunk_refusals = Gauge(
    "turnout_trunk_refusals", "Calls in a row that a trunk refused for itself", ["account"]
)
fax_pages = Counter("turnout_fax_pages", "Pages of faxes that were confirmed", ["account", "way"])
heartbeats = Counter("turnout_heartbeats", "Heartbeats of viewers", ["outcome"])
beats_waiting = Gauge("turnout_heartbeats_waiting", "Heartbeats that wait for the database")
beat_delay = Gauge("turnout_beat_delay_seconds", "Seconds that players are told to wait")
clock_difference = Gauge(
    "turnout_clock_difference_seconds", "How far this machine's clock is ahead of the database's"
)
clock_jumps = Counter("turnout_clock_jumps", "How often the clock was set", ["direction"])
alerts = Counter("turnout_alerts", "Alerts that were raised", ["kind"])
callbacks = Counter("turnout_callbacks", "Calls made to integrators", ["outcome"])


class AppTotals(NamedTuple):
    """What an app of this process has answered since it began: requests, those of them that the
    server itself failed (5xx), and the mean time of an answer in seconds."""

    app: str
    answered: int
    failed: int
    mean_s: float


class _Requests(Collector):
    """Requests answered, and how long that took, by app."""

    def __init__(self) -> None:
        self._answered: dict[tuple[str, str, int], int] = {}
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def observe(self, app: str, method: str, status: int, duration: float) -> None:
        key = (app, method, status)
        self._answered[key] = self._answered.get(key, 0) + 1
        if app not in self._buckets:
            self._buckets[app] = [0] * (len(_BOUNDS) + 1)
            self._seconds[app] = 0.0
        self._buckets[app][bisect_left(_BOUNDS, duration)] += 1
        self._seconds[app] += duration

    def sum_up(self) -> list[AppTotals]:
        """What each app answered so far."""
        totals = []
        for app, seconds in sorted(self._seconds.items()):
            counts = {key: count for key, count in self._answered.items() if key[0] == app}
            answered = sum(counts.values())
            failed = sum(count for (_, _, status), count in counts.items() if status >= FAILED)
            totals.append(AppTotals(app, answered, failed, seconds / answered))
        return totals

    def collect(self) -> Iterator[Metric]:
        answered = CounterMetricFamily(
            "turnout_requests", "Requests answered", labels=["app", "method", "status"]
        )
        for (app, method, status), count in sorted(self._answered.items()):
            answered.add_metric([app, method, str(status)], count)
        yield answered
        seconds = HistogramMetricFamily(
            "turnout_request_seconds", "Time from request to answer", labels=["app"]
        )
        for app, counts in sorted(self._buckets.items()):
            seconds.add_metric([app], _cumulative(counts), self._seconds[app])
        yield seconds


def _cumulative(counts: list[int]) -> list[tuple[str, float]]:
    total = 0
    buckets = []
    for bound, count in zip((*map(str, _BOUNDS), "+Inf"), counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets


_requests = _Requests()
REGISTRY.register(_requests)


def observe(app: str, method: str, status: int, duration: float) -> None:
    """Count one answered request; `duration` in seconds. On the event loop only."""
    _requests.observe(app, method if method in METHODS else "OTHER", status, duration)


def sum_up() -> list[AppTotals]:
    """What each app answered so far. On the event loop only."""
    return _requests.sum_up()


def render() -> bytes:
    """Everything, in Prometheus' text format."""
    return generate_latest(REGISTRY)
