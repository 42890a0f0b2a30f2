"""Registering somebody by hand."""

from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.people.conftest import Gathering
from turnout.core.ids import OrgId
from turnout.core.questions.reading import list_questions
from turnout.core.registrations.counting import read_counts


def test_somebody_is_added_with_ticket_session_and_answers(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    (diet,) = node.db.call(list_questions, org_id, gathering.event_id)
    assert "Add person" in desk.read(gathering.path)
    done = desk.send(
        f"{gathering.path}/add",
        page=f"{gathering.path}/add",
        email=f"{gathering.event_id}zoe@example.com",
        first_name="Zoe",
        ticket=gathering.hall,
        session=[gathering.workshop],
        mail="1",
        **{f"q{diet.id}": "fish"},
    )
    assert done.status == 303, done.body.decode()
    page = desk.read(done.headers["location"])
    for said in ("The person is registered.", "Zoe", "Hall", "Workshop", "fish"):
        assert said in page


def test_somebody_who_is_here_is_checked_in(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    desk.send(f"{gathering.path}/add", email=f"{gathering.event_id}walk@example.com", walk_in="1")
    assert node.db.call(read_counts, org_id, gathering.event_id).states == (6, 1, 0, False)


def test_what_is_wrong_is_said_beside_the_field(desk: Desk, gathering: Gathering) -> None:
    answer = desk.send(f"{gathering.path}/add", email="zoe@", first_name="Zoe")
    page = answer.body.decode()
    assert answer.status == 422
    assert '<a href="#f-email">' in page
    assert 'value="zoe@"' in page
    assert 'value="Zoe"' in page
