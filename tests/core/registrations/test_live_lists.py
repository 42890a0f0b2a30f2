"""Lists of an event's people, as they stand when somebody looks."""

import msgspec

from turnout.core.events.programme import create_ticket_type
from turnout.core.invitations.campaigns import create_campaign
from turnout.core.invitations.invitees import InviteeFilter, confirm, decline, invite, list_invitees
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.live_lists import list_chosen, resolve
from turnout.core.site.address import store_address

ANN, BOB, EVE, CAL = "ann@example.com", "bob@example.com", "eve@example.com", "cal@example.com"
DAY_S = 24 * 3600


def emails(desk, which: str = "", limit: int = 100) -> list[str]:
    list_id = f"event:{desk.event.id}{which}"
    found, cursor = [], ""
    while True:
        people, cursor = desk.db.call(resolve, desk.org_id, list_id, cursor, limit)
        found += [person.email for person in people]
        if not cursor:
            return found


def check_in(desk, email: str) -> None:
    number = desk.get(email).registration.id
    desk.node.execute(
        f"UPDATE tickets SET checked_in_at = 1 WHERE org_id = {desk.org_id} "
        f"AND registration_id = {number}"
    )


def test_who_is_registered_checked_in_or_not(desk):
    desk.decide(desk.apply(ANN), desk.apply(BOB), desk.apply(EVE))
    check_in(desk, BOB)
    assert emails(desk) == [ANN, BOB, EVE]
    assert emails(desk, ":checked") == [BOB]
    assert emails(desk, ":unchecked") == [ANN, EVE]


def test_those_who_were_chosen_are_as_a_list_has_them(desk):
    desk.decide(desk.apply(ANN), desk.apply(BOB), desk.apply(EVE))
    ann, bob, eve = (desk.get(email).registration.id for email in (ANN, BOB, EVE))
    desk.db.call(cancel_registration, desk.org_id, bob, actor="test")
    list_id = f"event:{desk.event.id}"
    everybody, _ = desk.db.call(resolve, desk.org_id, list_id, "", 9)
    for chosen, expected in (([eve, bob], [EVE]), ([ann, eve], [ANN, EVE]), ([], [])):
        people = desk.db.call(list_chosen, desk.org_id, desk.event.id, chosen)
        assert people == [person for person in everybody if person.email in expected]


def test_somebody_with_several_tickets_or_invitations_is_listed_once(desk):
    desk.decide(desk.apply(ANN), desk.apply(BOB))
    vip = desk.db.call(create_ticket_type, desk.org_id, desk.event.id, "VIP", actor="test")
    desk.db.call(
        *(add_by_staff, desk.org_id, desk.event.id, Contact(email=ANN)),
        ticket_type_id=vip.id,
        actor="test",
    )
    for limit in (1, 2):
        assert emails(desk, limit=limit) == [ANN, BOB]
    people, _ = desk.db.call(resolve, desk.org_id, f"event:{desk.event.id}", "", 10)
    codes = desk.ask(f"SELECT code FROM tickets WHERE org_id = {desk.org_id} ORDER BY id")
    assert [person.fields["TicketCode"] for person in people] == [codes[2], codes[1]]
    desk.node.execute(f"UPDATE tickets SET checked_in_at = 1 WHERE code = '{codes[0]}'")
    assert (emails(desk, ":checked"), emails(desk, ":unchecked")) == ([ANN], [BOB])
    for ticket_type_id in (vip.id, desk.ticket_type_id):
        invited = desk.db.call(
            *(create_campaign, desk.org_id, desk.event.id),
            ticket_type_id=ticket_type_id,
            name="All",
            subject="Come",
            sender_email="a@example.com",
            body="%%link%%",
            user_id=1,
            actor="test",
        )
        desk.db.call(invite, desk.org_id, invited.id, [Contact(email=CAL)])
    assert emails(desk, ":pending") == [CAL]


def test_nobody_without_an_address_or_a_phone_is_listed(desk):
    desk.decide(desk.apply(ANN), desk.apply(BOB, phone="+61412345678"))
    desk.node.execute(f"UPDATE people SET email = '' WHERE org_id = {desk.org_id}")
    assert emails(desk) == [""]


def test_nobody_is_a_no_show_before_the_end(desk):
    desk.decide(desk.apply(ANN), desk.apply(BOB))
    check_in(desk, BOB)
    now = desk.node.clock()
    desk.set("events", desk.event.id, ends_at=now + 1)
    assert emails(desk, ":no-shows") == []
    desk.set("events", desk.event.id, ends_at=now)
    assert emails(desk, ":no-shows") == [ANN]


def test_whoever_cancelled_is_on_no_list(desk):
    desk.decide(desk.apply(ANN), desk.apply(BOB))
    number = desk.get(ANN).registration.id
    desk.db.call(cancel_registration, desk.org_id, number, actor="test")
    assert emails(desk) == emails(desk, ":unchecked") == [BOB]


def test_who_was_invited_and_has_not_answered(desk):
    # Anyone who holds a ticket of the type has what the invitation would give.
    desk.decide(desk.apply(CAL))
    campaign = desk.db.call(
        create_campaign,
        desk.org_id,
        desk.event.id,
        ticket_type_id=desk.ticket_type_id,
        name="All",
        subject="Come",
        sender_email="a@example.com",
        body="%%link%%",
        user_id=1,
        actor="test",
    )
    contacts = [Contact(email=email) for email in (ANN, BOB, EVE, CAL)]
    assert desk.db.call(invite, desk.org_id, campaign.id, contacts) == 4
    _, bob, eve, _ = desk.db.call(list_invitees, desk.org_id, desk.event.id, InviteeFilter())
    desk.db.call(confirm, desk.org_id, bob.id, actor="test")
    desk.db.call(decline, desk.org_id, eve.id, actor="test")
    assert emails(desk, ":pending") == [ANN]


def test_a_list_is_read_by_pages(desk):
    everybody = [f"guest{n}@example.com" for n in range(7)]
    desk.decide(*(desk.apply(email) for email in everybody))
    for limit in (1, 2, 3, 7, 8):
        assert emails(desk, limit=limit) == everybody


def test_somebody_can_be_written_to_by_name(desk):
    applied = desk.apply(
        ANN, first_name="Ann", last_name="Lee", company="Acme", phone="+61412345678"
    )
    desk.decide(applied, desk.apply(BOB))
    people, _ = desk.db.call(resolve, desk.org_id, f"event:{desk.event.id}", "", 10)
    ann, bob = people
    assert (ann.name, ann.email, ann.mobile, ann.phone) == (
        *("Ann Lee", ANN, "+61412345678", "+61412345678"),
    )
    assert {name: ann.fields[name] for name in ("FirstName", "LastName", "Company", "Event")} == {
        "FirstName": "Ann",
        "LastName": "Lee",
        "Company": "Acme",
        "Event": desk.event.title,
    }
    assert ann.fields["TicketCode"]
    assert bob.name == BOB


def test_another_organizations_event_and_names_that_are_none_have_nobody(desk, org_id):
    desk.decide(desk.apply(ANN))
    list_id = f"event:{desk.event.id}"
    assert desk.db.call(resolve, org_id, list_id, "", 10) == ([], "")
    for name in ("event:1", "event:x", "7", f"{list_id}:late"):
        assert desk.db.call(resolve, desk.org_id, name, "", 10) == ([], "")


def test_each_has_the_address_of_the_ticket_and_its_code(desk):
    desk.decide(desk.apply(ANN))
    desk.db.call(store_address, "https://tickets.example.com", is_set=True)
    [ann], _ = desk.db.call(resolve, desk.org_id, f"event:{desk.event.id}", "", 9)
    code = ann.fields["TicketCode"]
    url = f"https://tickets.example.com/ticket/{desk.org_id}-{code}"
    assert (ann.fields["TicketUrl"], ann.fields["TicketQrUrl"]) == (url, f"{url}/ticket.png")
    assert len(code) == 10


def test_answers_are_fields_and_choose_who_is_on_a_list(desk):
    def apply(email: str, *answers: Answer):
        applied = desk.apply(email)
        submitted = msgspec.structs.replace(applied.submitted, answers=list(answers))
        return msgspec.structs.replace(applied, submitted=submitted)

    desk.decide(
        apply(ANN, Answer("Diet?", "Vegan; No pork"), Answer("Company", "Evil")),
        apply(BOB, Answer("diet?", "fish"), Answer("Ä (1)", "see www.evil.example\nnow")),
        apply(EVE, Answer("???", "x")),
    )
    people, _ = desk.db.call(resolve, desk.org_id, f"event:{desk.event.id}", "", 9)
    assert [person.fields.get("Diet") for person in people] == ["Vegan; No pork", None, None]
    assert people[0].fields["Company"] == ""
    assert people[1].fields["Ä 1"] == "see www evil example now"
    assert "" not in people[2].fields
    check_in(desk, BOB)
    for asked, found in (
        ("?diet%3F=vegan", [ANN]),
        ("?Diet%3f=no%20pork", [ANN]),
        ("?diet%3F=FISH", [BOB]),
        (":unchecked?diet%3F=fish", []),
        (":checked?diet%3F=fish", [BOB]),
        ("?%C3%84%20(1)=see%20www.evil.example%0Anow", [BOB]),
        ("?diet%3F=pork", []),
        ("?diet%3F", []),
        ("?=fish", []),
    ):
        assert emails(desk, asked) == found
        assert emails(desk, asked, limit=1) == found
