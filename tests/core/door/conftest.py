"""The hall of each test's desk."""

import pytest

from tests.core.door.hall import Hall


@pytest.fixture
def hall(desk) -> Hall:
    return Hall(desk)
