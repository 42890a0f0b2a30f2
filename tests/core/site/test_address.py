"""The address in links: what was set wins over where a server only listens."""

import pytest

from tests.support.node import BACKENDS, database
from turnout.core.site.address import find_address, get_address, store_address
from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store import open_database


@pytest.fixture(params=BACKENDS)
def db(request, tmp_path):
    """A database that no server has used yet."""
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with database(request.param, tmp_path, cluster) as url:
        db = open_database(Settings(database_url=url))
        yield db
        db.close()


def test_before_any_server_it_is_not_known(db):
    assert db.call(find_address) is None
    with pytest.raises(Unavailable, match="Set TURNOUT_BASE_URL") as error:
        db.call(get_address)
    assert error.value.code == "site.address"


@pytest.mark.parametrize(
    ("servers", "address"),
    [
        ([("http://127.0.0.1:1", False)], "http://127.0.0.1:1"),
        ([("http://127.0.0.1:1", False), ("http://127.0.0.1:2", False)], "http://127.0.0.1:2"),
        ([("http://127.0.0.1:1", False), ("https://a.example", True)], "https://a.example"),
        ([("https://a.example", True), ("http://127.0.0.1:1", False)], "https://a.example"),
        ([("https://a.example", True), ("https://b.example", True)], "https://b.example"),
    ],
)
def test_the_last_server_says_it_unless_it_only_listens_where_another_was_set(db, servers, address):
    for url, is_set in servers:
        counts = db.call(store_address, url, is_set=is_set)
    assert counts == address
    assert db.call(get_address) == address
