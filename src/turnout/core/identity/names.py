"""The directory: every name that must be unique in the whole installation."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from turnout.core.identity.sql import sql
from turnout.core.ids import OrgId
from turnout.errors import Conflict, Unavailable
from turnout.store import Tx, to_json

ATTEMPTS = 20


class Target(NamedTuple):
    """What a name leads to."""

    org_id: OrgId
    noun: str
    target_id: int


def find_name(tx: Tx, namespace: str, name: str) -> Target | None:
    """The thing that `name` leads to, in whatever organization."""
    return sql.find_name(tx, namespace=namespace, name=name)


def take_name(tx: Tx, namespace: str, name: str, target: Target) -> None:
    """Give `name` to `target`. Raises Conflict when it is taken."""
    if not _add(tx, namespace, name, target):
        raise Conflict("name.taken", namespace=namespace, name=name)


def list_taken(tx: Tx, namespace: str, names: Sequence[str]) -> set[str]:
    """Those of the names that lead somewhere, in whatever organization."""
    found = sql.list_names(tx, namespace=namespace, names=to_json(names))
    return {name for (name,) in found}


def take_names(
    tx: Tx, org_id: OrgId, namespace: str, noun: str, targets: Mapping[str, int]
) -> bool:
    """`take_name` for many things of one organization, by name. False = one of the names is taken:
    what was written is to be taken back."""
    rows = to_json([*targets.items()])
    added = sql.add_names(tx, org_id=org_id, namespace=namespace, noun=noun, rows=rows)
    return added == len(targets)


def drop_name(tx: Tx, org_id: OrgId, namespace: str, name: str) -> None:
    """Let go of the organization's `name`: somebody else may take it from now on."""
    sql.drop_name(tx, org_id=org_id, namespace=namespace, name=name)


def make_name(tx: Tx, namespace: str, make: Callable[[], str], target: Target) -> str:
    """Make a free name with `make`, give it to `target`, and return it."""
    for _ in range(ATTEMPTS):
        name = make()
        if _add(tx, namespace, name, target):
            return name
    raise Unavailable("name.exhausted", namespace=namespace)


def _add(tx: Tx, namespace: str, name: str, target: Target) -> bool:
    return bool(
        sql.add_name(
            tx,
            namespace=namespace,
            name=name,
            org_id=target.org_id,
            noun=target.noun,
            target_id=target.target_id,
        )
    )
