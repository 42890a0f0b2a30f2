"""What the server tells Prometheus. No label ever names an organization or a person."""

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

requests = Counter("turnout_requests", "Requests answered", ["app", "method", "status"])
seconds = Histogram(
    "turnout_request_seconds", "Time from request to answer", ["app"], buckets=_BUCKETS
)
in_flight = Gauge("turnout_requests_in_flight", "Requests being answered now")
limited = Counter("turnout_requests_limited", "Requests refused by a rate limit", ["endpoint"])
waiting = Gauge("turnout_queue_waiting", "Entries that wait in a queue", ["queue"])
processed = Counter("turnout_queue_processed", "Entries that a queue finished", ["queue"])
writes_waiting = Gauge("turnout_database_writes_waiting", "Commands that wait for the database")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


def observe(app: str, method: str, status: int, duration: float) -> None:
    """Count one answered request; `duration` in seconds."""
    key = (app, method if method in METHODS else "OTHER", status)
    pair = _children.get(key)
    if pair is None:
        pair = (requests.labels(*map(str, key)), seconds.labels(app))
        _children[key] = pair
    pair[0].inc()
    pair[1].observe(duration)


def render() -> bytes:
    """Everything, in Prometheus' text format."""
    return generate_latest(REGISTRY)
