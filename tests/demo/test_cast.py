"""Numbers of people in the demo."""

from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import is_deliverable, to_address
from turnout.demo.cast import number_of


def test_every_third_has_a_number_of_its_own_that_is_kept_for_fiction() -> None:
    numbers = [number for number in map(number_of, range(1_000)) if number]
    addresses = {to_address(Channel.SMS, number) for number in numbers}
    assert (len(numbers), len(addresses)) == (334, 334)
    assert all(is_deliverable(address) for address in addresses)
    assert {address[4:9] for address in addresses} == {"55501"}
