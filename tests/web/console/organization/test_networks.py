"""What carries messages, and tests of it."""

from tests.support.builder import make_organization
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from turnout.core.audit.recording import list_entries
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import set_roles
from turnout.core.identity.user_changes import list_user_lines
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.overview import get_job_line

PATH = "/console/rail/settings/networks"


def test_a_test_is_sent_over_each_network(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    page = desk.read(PATH)
    assert page.count("Nothing leaves this server") == 6
    assert 'value="rail.owner@example.com"' in page
    numbers = ((channel, "+61 412 345 678") for channel in ("sms", "mms", "tts", "fax"))
    for channel, to in (("email", "me@example.com"), *numbers):
        answer = desk.send(PATH, PATH, channel=channel, **{f"to_{channel}": to})
        assert answer.status == 303
        where = answer.headers["location"]
        job = JobId(int(where.partition("job=")[2].partition("&")[0]))
        line = node.db.call(get_job_line, org_id, job)
        assert (line.user_code, line.job_type.channel, line.total) == ("rail/owner", channel, 1)
        shown = desk.read(where.partition("#")[0])
        assert "The test is on its way." in shown
        assert "The network has not answered yet." in shown
        assert node.db.call(list_entries, org_id, "network", job)[-1].facts == {"channel": channel}
    assert "On its way" not in desk.read(f"{PATH}?job=999999")


def test_an_address_that_is_none_is_refused_beside_its_field(desk: Desk) -> None:
    for channel, to in (("email", "nobody"), ("sms", "abc"), ("sms", "0412")):
        answer = desk.send(PATH, PATH, channel=channel, **{f"to_{channel}": to})
        assert answer.status == 422
        assert f'<a href="#f-to_{channel}">' in answer.body.decode()
        assert f'value="{to}"' in answer.body.decode()
    assert desk.send(PATH, PATH, channel="voice", to_voice="+61").status == 422


def test_colleagues_of_elsewhere_send_none(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    slug = f"net-{node.db.backend}"
    other = node.db.call(make_organization, slug, "Net")
    owner = next(
        line.user
        for line in node.db.call(list_user_lines, org_id)
        if line.user.user_code == "rail/owner"
    )
    node.db.call(set_roles, other, owner, {StaffRole.OWNER}, actor="test")
    there = f"/console/{slug}/settings/networks"
    answer = desk.send(there, there, channel="email", to_email="me@example.com")
    assert answer.status == 422
    assert "you are one of another" in answer.body.decode()
