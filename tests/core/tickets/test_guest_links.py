"""Personal links: random, kept as digests alone, and all of a registration ended at once."""

import re

import pytest

from tests.core.registrations.office import Office
from turnout.core.ids import RegistrationId
from turnout.core.tickets.guest_links import end_guest_links, make_guest_tokens, read_guest_token
from turnout.errors import Missing


def test_each_mail_has_a_link_of_its_own_and_all_are_good_until_they_end(node):
    office = Office(node)
    ann, bob = office.add("ann"), office.add("bob")
    tokens = [office.call(make_guest_tokens, [ann, bob, RegistrationId(0)]) for _ in range(3)]
    assert [sorted(made) for made in tokens] == [sorted([ann, bob])] * 3
    for made in tokens:
        for registration_id, token in made.items():
            assert re.fullmatch(rf"{office.org_id}-[0-9a-f]{{32}}", token)
            assert office.db.call(read_guest_token, token) == (office.org_id, registration_id)
    assert len({token for made in tokens for token in made.values()}) == 6
    office.call(end_guest_links, ann)
    for made in tokens:
        with pytest.raises(Missing):
            office.db.call(read_guest_token, made[ann])
        assert office.db.call(read_guest_token, made[bob])[1] == bob


def test_no_table_has_a_token(node):
    office = Office(node)
    ann = office.add("ann")
    secret = office.call(make_guest_tokens, [ann])[ann].partition("-")[2]
    rows = office.db.call(lambda tx: tx.connection.execute("SELECT * FROM guest_links").fetchall())
    assert rows
    assert secret not in repr(rows)
