"""Who acts as the guest of a registration: the holder of a link, or a browser that proved more."""

import pytest

from tests.core.registrations.guest import CODE, HERE, RIGHT, LinkedGuest, choose
from tests.core.registrations.office import Office
from tests.support.mails import list_mails
from turnout.core.registrations.guest_access import (
    CODES_LIMIT,
    Access,
    Deed,
    Proof,
    admit,
    ask_guest_code,
    find_guest,
    prove_browser,
)
from turnout.errors import Denied, Limited, Missing


@pytest.fixture
def ann(node) -> LinkedGuest:
    return LinkedGuest(Office(node))


def test_a_code_goes_to_the_present_address_five_times_an_hour(ann):
    office = ann.office
    for _ in range(CODES_LIMIT):
        assert ann.act(ask_guest_code, Deed.OPEN) is None
    refusal = ann.act(ask_guest_code, Deed.OPEN)
    assert isinstance(refusal, Limited)
    assert refusal.code == "guest.many_codes"
    mails = office.db.call(list_mails, office.org_id)
    assert [mail.address for mail in mails] == ["ann@example.com"] * CODES_LIMIT
    office.node.clock.advance(3600)
    assert ann.act(ask_guest_code, Deed.OPEN) is None


def test_where_the_event_asks_for_it_a_new_browser_enters_a_code_first(ann):
    office = ann.office
    assert ann.act(find_guest).is_known
    choose(office, confirms_links=True)
    assert not ann.act(find_guest).is_known
    with pytest.raises(Denied) as refused:
        ann.act(admit)
    assert refused.value.code == "guest.browser"
    ann.act(ask_guest_code, Deed.OPEN, CODE)
    assert ann.act(prove_browser, Proof("000000", HERE)).code == "form.code"
    browser = ann.act(prove_browser, RIGHT)
    guessed = Access(ann.access.token, ".".join("0123456789abcdef"))
    assert not office.db.call(find_guest, guessed).is_known
    known = Access(ann.access.token, f"{'0' * 32}.{browser}")
    assert office.db.call(admit, known)[1].id == ann.id
    # It is good for the links of this registration alone.
    bob = LinkedGuest(office, "bob")
    with pytest.raises(Denied):
        office.db.call(admit, Access(bob.access.token, browser))


@pytest.mark.parametrize("token", ["", "x", "1", "1-", "1-" + "0" * 32, "999-" + "0" * 32, "-1-x"])
def test_what_was_never_a_link_is_none(ann, token):
    with pytest.raises(Missing) as refused:
        ann.office.db.call(find_guest, Access(token))
    assert refused.value.code == "link.missing"


def test_a_link_of_one_organization_is_none_in_another(ann):
    other = Office(ann.office.node)
    token = ann.access.token.replace(f"{ann.office.org_id}-", f"{other.org_id}-")
    with pytest.raises(Missing):
        other.db.call(find_guest, Access(token))
