"""What Prometheus is told."""

from prometheus_client.parser import text_string_to_metric_families

from tests.support.node import Account, LocalNode
from turnout.core.messaging.model import Channel
from turnout.http import metrics


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample, by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(node: LocalNode) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = node.client.request("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return samples(answer.body.decode())


def answered(app: str, method: str, status: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    labels = (("app", app), ("method", method), ("status", str(status)))
    return "turnout_requests_total", labels


def test_requests_are_counted_by_app_method_and_status(node: LocalNode, account: Account):
    before = scrape(node)
    for _ in range(3):
        node.client.request("PUT", "/v1.0/register", headers=account.headers, json=account.body())
    node.client.request("PUT", "/v1.0/register")
    node.client.request("BREW", "/v1.0/register")
    after = scrape(node)

    changed = {key: value - before.get(key, 0) for key, value in after.items()}
    assert changed[answered("registration", "PUT", 200)] == 3
    assert changed[answered("registration", "PUT", 401)] == 1
    assert changed[answered("registration", "OTHER", 400)] == 1
    assert changed["turnout_request_seconds_count", (("app", "registration"),)] == 5
    infinite = (("app", "registration"), ("le", "+Inf"))
    assert changed["turnout_request_seconds_bucket", infinite] == 5


def test_refusals_by_the_rate_limit_are_counted(node: LocalNode, account: Account):
    key = ("turnout_requests_limited_total", (("endpoint", "registerstatus"),))
    before = scrape(node).get(key, 0)
    for _ in range(102):
        target = "/v1.0/registerstatus?queueId=1"
        node.client.request("GET", target, headers=account.headers)
    assert scrape(node)[key] - before == 2


def test_no_label_names_an_organization_or_a_person(node: LocalNode, account: Account):
    node.client.request(
        "PUT", "/v1.0/register?who=ada", headers=account.headers, json=account.body("ada@x.test")
    )
    labels = {label for _, labels in scrape(node) for label in labels}
    # Other tests of this process may have counted messages and heartbeats.
    names = {"app", "method", "status", "le", "endpoint", "queue", "channel", "outcome"}
    names |= {"direction", "kind"}
    names |= {"account"}  # of a carrier, as the operator named it
    assert {name for name, _ in labels} <= names | PYTHON_LABELS
    assert {value for name, value in labels if name == "channel"} <= {*Channel}
    assert not [value for _, value in labels if "ada" in value or str(account.org_id) in value]


# What prometheus-client itself tells of the process.
PYTHON_LABELS = {"generation", "implementation", "major", "minor", "patchlevel", "version"}


def test_a_histogram_is_cumulative():
    for duration in (0.0005, 0.001, 0.002, 3, 99):
        metrics.observe("a-histogram", "GET", 200, duration)
    seen = samples(metrics.render().decode())

    def bucket(bound: str) -> float:
        labels = (("app", "a-histogram"), ("le", bound))
        return seen["turnout_request_seconds_bucket", labels]

    assert [bucket(bound) for bound in ("0.001", "0.0025", "2.5", "5.0", "+Inf")] == [2, 3, 3, 4, 5]
    assert seen["turnout_request_seconds_sum", (("app", "a-histogram"),)] == 102.0035
