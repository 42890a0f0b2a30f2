"""A demo that is seeded once, whose database every measurement copies."""

import pytest

from bench.servers import Demo, make_demo
from tests.support import templates


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    templates.copy_demo(folder)
    return make_demo(folder)
