"""Changes that come at the same time: none is lost, and a name is given once."""

import asyncio

from tests.dialects.messaging.people import People, Request, new_user
from tests.support.node import LocalNode

FIELDS = ("title", "phone", "fax", "mobile", "first_name", "last_name")


def send_all(node: LocalNode, requests: list[Request]) -> list[int]:
    async def send() -> list[int]:
        sent = [
            node.client.send(
                request.method, request.target, headers=request.headers, body=request.body
            )
            for request in requests
        ]
        return [answer.status for answer in await asyncio.gather(*sent)]

    return node.client.run(send())


def test_changes_of_different_fields_at_once_are_all_kept(node: LocalNode, people: People):
    wanted = {name: f"new {name}" for name in FIELDS}
    requests = [
        people.ask(who, "PUT", "/users/{acct}", {name: value})
        for who, (name, value) in zip(["acct", "agent", "admin"] * 2, wanted.items(), strict=True)
    ]
    assert send_all(node, requests) == [200] * len(FIELDS)
    user = people.ask("acct", "GET", "/users").send(node).json()["data"]
    assert {name: user[name] for name in FIELDS} == wanted


def test_a_user_code_wanted_twice_at_once_is_given_once(node: LocalNode, people: People):
    requests = [people.ask("admin", "POST", "/users", new_user()) for _ in range(4)]
    assert sorted(send_all(node, requests)) == [200, 422, 422, 422]
    # What was refused left no company behind.
    found = people.ask("admin", "GET", "/users?user_code=mytestuser").send(node).json()
    assert found["total"] == 1
