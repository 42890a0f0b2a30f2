"""Which addresses a call may go to."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.http.addresses import may_reach, read_networks

# The first and the last address of every block that is not public, and each way to spell one.
PRIVATE = [
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
    "127.0.0.1", "127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.169.254",
    "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.0", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:7f00:1",
    "::ffff:0:808:808", "::808:808", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1",
    "64:ff9b:1:ffff::808:808", "100::1", "2001::1", "2001:0:4136::1", "2001:2::1", "2001:10::1",
    "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1",
    "4000::1", "1fff::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
    "febf::1", "fec0::1", "feff::1", "ff02::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255",
    "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.88.98.1", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "203.0.112.1", "223.255.255.255", "93.184.216.34",
    "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700:4700::1111", "2a00::1",
    "3ffe::1", "64:ff9b::808:808", "::ffff:1.1.1.1",
]  # fmt: skip


@pytest.mark.parametrize(
    "address", [*PRIVATE, "not an address", "", "127.1", "1.1.1.1.", "0x1.1.1.1"]
)
def test_what_is_not_public_is_refused(address):
    assert not may_reach(address, ())


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_not(address):
    assert may_reach(address, ())


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("10.200.1.1", True),
        ("::ffff:10.0.0.1", True),
        ("64:ff9b::a00:1", True),
        ("::1", True),
        ("::1%lo", True),
        ("2002:a00:1::", False),
        ("::a00:1", False),
        ("::ffff:0:a00:1", False),
        ("11.0.0.0.1", False),
        ("127.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("::2", False),
    ],
)
def test_what_the_operator_names_may_be_reached_and_nothing_beside_it(address, is_allowed):
    allowed = read_networks(" 10.0.0.1/8 , ::1/128,")
    assert may_reach(address, allowed) is is_allowed


@given(st.integers(0, 2**32 - 1))
def test_an_address_inside_another_is_judged_like_the_inner_one(number):
    inner = ipaddress.IPv4Address(number)
    for spelled in (f"::ffff:{inner}", str(ipaddress.IPv6Address(0x64FF9B << 96 | number))):
        assert may_reach(spelled, ()) == may_reach(str(inner), ())


@given(st.integers(0, 2**128 - 1))
def test_outside_the_public_space_nothing_is_reached(number):
    address = ipaddress.IPv6Address(number)
    mapped = address.ipv4_mapped or address in ipaddress.IPv6Network("64:ff9b::/96")
    if address not in ipaddress.IPv6Network("2000::/3") and not mapped:
        assert not may_reach(str(address), ())
