"""SMART Health Links: the text of a link, and the files behind it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import OctKey

from segel.cards import LinkBroken, base64url
from segel.cards.links import (
    FHIR_JSON,
    HealthLink,
    LinkedFile,
    decrypt_file,
    encrypt_file,
    make_link,
    new_key,
    parse_link,
)

KEY = bytes(range(32))
URL = "https://links.example/shl/1"
EXPIRES = datetime(2026, 12, 1, tzinfo=UTC)
LINK = HealthLink(URL, KEY, EXPIRES.timestamp(), frozenset("LP"), "Hasil rontgen")


@settings(max_examples=40)
@given(
    st.builds(
        HealthLink,
        st.just(URL),
        st.binary(min_size=32, max_size=32),
        st.none() | st.integers(0, 10**10),
        st.sampled_from([frozenset(one) for one in ("", "L", "P", "U", "LP", "LU")]),
        st.text(st.characters(codec="utf-8"), max_size=80),
    ),
    st.sampled_from(["", "https://viewer.example/view"]),
)
def test_links_there_and_back(link: HealthLink, viewer: str) -> None:
    assert parse_link(make_link(link, viewer)) == link


def test_what_a_link_says_of_itself() -> None:
    assert LINK.needs_passcode
    assert not LINK.is_direct
    assert not LINK.has_expired(EXPIRES)
    assert LINK.has_expired(EXPIRES + timedelta(seconds=1))
    assert not HealthLink(URL, KEY).has_expired(EXPIRES)


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ('{"key":"KEY"}', "url"),
        ('{"url":"http://links.example/1","key":"KEY"}', "url"),
        ('{"url":"https://[/1","key":"KEY"}', "url"),
        ('{"url":"https://links.example/' + "a" * 120 + '","key":"KEY"}', "url"),
        ('{"url":"URL"}', "key"),
        ('{"url":"URL","key":"AAAA"}', "key"),
        ('{"url":"URL","key":"%"}', "key"),
        ('{"url":"URL","key":"KEY","flag":"X"}', "flag"),
        ('{"url":"URL","key":"KEY","flag":"PU"}', "flag"),
        ('{"url":"URL","key":"KEY","flag":"LL"}', "flag"),
        ('{"url":"URL","key":"KEY","flag":1}', "flag"),
        ('{"url":"URL","key":"KEY","exp":"soon"}', "exp"),
        ('{"url":"URL","key":"KEY","v":2}', "v"),
        ('{"url":"URL","key":"KEY","label":"' + "a" * 81 + '"}', "label"),
        ('{"url":"URL","url":"URL","key":"KEY"}', None),
        ("[]", None),
        ("", None),
    ],
)
def test_a_broken_link_names_what_is_wrong(payload: str, field: str | None) -> None:
    said = payload.replace("URL", URL).replace("KEY", base64url.encode(KEY))
    with pytest.raises(LinkBroken) as raised:
        parse_link("shlink:/" + base64url.encode(said.encode()))
    assert raised.value.field == field


@pytest.mark.parametrize(
    "text",
    ["", "shlink:/", "https://x.example/", "javascript:shlink:/e30", "shlink:/" + "A" * 5000],
)
def test_what_is_no_link(text: str) -> None:
    with pytest.raises(LinkBroken):
        parse_link(text)


def test_files_open_with_their_links_key_only() -> None:
    file = LinkedFile(FHIR_JSON, b'{"resourceType":"Bundle"}')
    sealed = encrypt_file(LINK, file)
    assert decrypt_file(LINK, sealed) == file
    head, _, tail = sealed.rpartition(".")
    for broken in (head, sealed[:-2], f"{head}.{'A' * len(tail)}", "", "a.b.c.d.e", "é" * 20):
        with pytest.raises(LinkBroken):
            decrypt_file(LINK, broken)
    with pytest.raises(LinkBroken):
        decrypt_file(HealthLink(URL, new_key()), sealed)


def test_compressed_files_open_up_to_their_limit() -> None:
    key = OctKey.import_key(KEY)
    header: dict[str, Any] = {"alg": "dir", "enc": "A256GCM", "zip": "DEF", "cty": "text/plain"}

    def sealed(content: bytes) -> str:
        return jwe.encrypt_compact(header, content, key, ["dir", "A256GCM", "DEF"])

    assert decrypt_file(LINK, sealed(b"a" * 100_000)).content == b"a" * 100_000
    with pytest.raises(LinkBroken):
        decrypt_file(LINK, sealed(bytes(10_000_000)))
