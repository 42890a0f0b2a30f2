"""Secrets that are good once and for a short time."""

import pytest

from tests.core.identity.staff import add_user
from tests.support.node import LocalNode
from turnout.core.identity.single_uses import (
    LASTING_MS,
    Purpose,
    forget_single_uses,
    get_single_use,
    make_single_use,
    take_single_use,
)
from turnout.core.ids import OrgId
from turnout.errors import Gone
from turnout.store import Tx


def test_a_secret_is_good_once_and_for_its_purpose_alone(node: LocalNode) -> None:
    secret = node.db.call(make_single_use, Purpose.SET_UP)
    for purpose in set(Purpose) - {Purpose.SET_UP}:
        with pytest.raises(Gone):
            node.db.call(take_single_use, purpose, secret)
    assert node.db.call(get_single_use, Purpose.SET_UP, secret).user_id == 0
    node.db.call(take_single_use, Purpose.SET_UP, secret)
    for use in (get_single_use, take_single_use):
        with pytest.raises(Gone):
            node.db.call(use, Purpose.SET_UP, secret)


@pytest.mark.parametrize("purpose", Purpose)
def test_it_ends_by_itself(node: LocalNode, purpose: Purpose) -> None:
    secret = node.db.call(make_single_use, purpose)
    node.clock.advance(LASTING_MS[purpose] / 1000 - 1)
    node.db.call(get_single_use, purpose, secret)
    node.clock.advance(1)
    with pytest.raises(Gone):
        node.db.call(get_single_use, purpose, secret)
    assert node.db.call(forget_single_uses, 1_000) >= 1


def test_a_new_one_of_a_user_ends_the_former(node: LocalNode, org_id: OrgId) -> None:
    user = add_user(node.db, org_id, "ann", ())
    first, second = (
        node.db.call(make_single_use, Purpose.RESET, org_id, user.id) for _ in range(2)
    )
    with pytest.raises(Gone):
        node.db.call(take_single_use, Purpose.RESET, first)
    assert node.db.call(take_single_use, Purpose.RESET, second).user_id == user.id


def test_the_secret_itself_is_not_kept(node: LocalNode) -> None:
    secret = node.db.call(make_single_use, Purpose.SIGN_IN)

    def read(tx: Tx) -> str:
        return str(tx.connection.execute("SELECT * FROM single_uses").fetchall())

    assert secret not in node.db.call(read)
