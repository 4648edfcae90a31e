"""Where somebody outside may be told something: never into the house."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segel.domain.endpoints import (
    ADDRESS_LENGTH_MAX,
    EndpointInvalid,
    HeaderInvalid,
    is_reachable,
    parse_allowed,
    parse_endpoint,
    parse_header,
)

INSIDE = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128",
        "fc00::/7", "fe80::/10", "ff00::/8",
    )
]  # fmt: skip
PLACES = st.one_of(
    st.sampled_from(INSIDE).flatmap(
        lambda network: st.integers(0, network.num_addresses - 1).map(lambda at: network[at])
    ),
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
)


@given(PLACES)
@example(ip_address("169.254.169.254"))
def test_nobody_inside_is_reached_by_any_form_of_their_address(
    place: IPv4Address | IPv6Address,
) -> None:
    inside = any(place.version == one.version and place in one for one in INSIDE)
    if inside:
        assert not is_reachable(place)
    if isinstance(place, IPv4Address) and not is_reachable(place):
        number = int(place)
        for form in (
            IPv6Address(0xFFFF << 32 | number),
            IPv6Address((0x64FF9B << 96) | number),
            IPv6Address((0x2002 << 112) | (number << 80)),
        ):
            assert not is_reachable(form), form


def test_a_network_that_is_named_is_reached_and_no_other() -> None:
    assert is_reachable(ip_address("10.2.3.4"), ["10.2.0.0/16"])
    assert not is_reachable(ip_address("10.3.3.4"), ["10.2.0.0/16"])
    assert is_reachable(ip_address("::ffff:10.2.3.4"), ["10.2.0.0/16"])
    assert is_reachable(ip_address("103.10.20.30"))
    for text in ("0.0.0.0/0", "::/0", "169.254.0.0/16", "0.0.0.0/8", "224.0.0.0/4", "103.0.0.0/8"):
        with pytest.raises(EndpointInvalid):
            parse_allowed("simrs.example", [text])
    assert parse_allowed("SIMRS.example", ["10.2.0.0/16"]).place == "simrs.example:443"
    assert parse_allowed("[fd00::7]:8443", []).place == "[fd00::7]:8443"
    for text in ("", "https://simrs.example", "simrs.example/x", "a b", "u@simrs.example", "x:0"):
        with pytest.raises(EndpointInvalid):
            parse_allowed(text, [])


@given(st.text(max_size=80) | st.from_regex(r"https?://[ -~]{0,60}", fullmatch=True))
@example("https://simrs.example\\@10.0.0.1/")
@example("https://0x7f.1/")
@example("https://2130706433/")
@example("https://127.1/")
@example("https://[::ffff:7f00:1]/")
@example("https://a@b/")
@example("https://simrs.example:99999/")
def test_an_address_is_refused_or_means_one_host_to_everybody(text: str) -> None:
    try:
        parsed = parse_endpoint(text)
    except EndpointInvalid:
        return
    assert parsed.scheme == "https"
    assert 1 <= parsed.port <= 65_535
    assert parsed.path.startswith("/")
    # What is no address by our reading is none by the C library's, which takes more forms.
    try:
        ip_address(parsed.host)
    except ValueError:
        with pytest.raises(OSError, match=r".*"):
            socket.inet_aton(parsed.host)
    assert parse_endpoint(f"https://{parsed.place}{parsed.path}") == parsed


def test_http_is_for_this_machine_in_a_demonstration_only() -> None:
    assert parse_endpoint("http://127.0.0.1:9000/x", near=True).port == 9000
    for text, near in (
        ("http://127.0.0.1:9000/x", False), ("http://10.0.0.1/", True),
        ("http://simrs.example/", True), ("ftp://127.0.0.1/", True),
        ("https://simrs.example/?token=x", True), ("https://simrs.example/#x", True),
        (f"https://simrs.example/{'x' * ADDRESS_LENGTH_MAX}", True),
    ):  # fmt: skip
        with pytest.raises(EndpointInvalid):
            parse_endpoint(text, near=near)


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z-]{1,20}: ?[ -~]{0,30}", fullmatch=True))
@example("X: a\r\nHost: elsewhere")
@example("Transfer-Encoding: chunked")
@example("Proxy-Authorization: x")
def test_a_header_says_one_thing_and_nothing_of_how_the_request_is_sent(text: str) -> None:
    try:
        name, value = parse_header(text)
    except HeaderInvalid:
        return
    assert not set(name + value) & set("\r\n\0")
    assert name.lower() not in ("host", "content-length", "transfer-encoding", "connection")
    assert parse_header(f"{name}: {value}") == (name, value)
