"""A negative test becomes two cards that our own verifier, and a QR reader, take for genuine."""

import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segel.cards import (
    BundleContent,
    CertificateContent,
    HealthCertificate,
    Reason,
    Terms,
    TestResult,
    decode,
    judge,
    marks_of,
)
from segel.cards.issuing import (
    CardFault,
    CardNotMade,
    draw,
    icao_name,
    make_certificate,
    make_health_card,
    new_identifier,
    new_rid,
)
from segel.cards.issuing.drawing import (
    DIGITS_MAX,
    HCERT_CHARACTERS_MAX,
    HEALTH_CARD_CHARACTERS_MAX,
)
from segel.cards.pictures import codes_in
from segel.domain.card_facts import CardHolder, NegativeTest, TestMethod
from support.cards import NOW, HealthCardMaker, Maker
from support.issuing import AUTHORITY, HOLDER, TEST

MAKER = Maker()
ISSUER = HealthCardMaker()


def certificate(
    holder: CardHolder = HOLDER, test: NegativeTest = TEST, **changes: Any
) -> tuple[str, HealthCertificate]:
    made = make_certificate(
        holder,
        test,
        changes.pop("authority", AUTHORITY),
        key_id=MAKER.signer.key_id,
        identifier="URN:UVCI:01:ID:97A1",
        at=changes.pop("at", NOW),
        sign=changes.pop("sign", MAKER.sign),
    )
    opened = decode(made.text)
    assert isinstance(opened, HealthCertificate)
    assert (opened.signature, opened.expires_at) == (made.signature, made.expires_at.timestamp())
    return made.text, opened


def health_card(holder: CardHolder = HOLDER, test: NegativeTest = TEST, **changes: Any) -> str:
    made = make_health_card(
        holder,
        test,
        replace(AUTHORITY, address=ISSUER.issuer.url),
        key_id=ISSUER.key_id,
        rid="abc",
        at=changes.pop("at", NOW),
        sign=changes.pop("sign", ISSUER.sign),
    )
    return made.text


def test_a_certificate_is_judged_valid_without_a_remark() -> None:
    text, opened = certificate()
    judged = judge(opened, MAKER.trust, NOW, terms=Terms(key_id_protected=True))
    assert (judged.reason, judged.remarks) == (Reason.VALID, ())
    content = judged.content
    assert isinstance(content, CertificateContent)
    assert isinstance(content.entry, TestResult)
    assert (content.holder.family, content.holder.family_icao) == ("Wulandari", "WULANDARI")
    assert content.entry.sampled_at == TEST.sampled_at
    assert draw(text).version <= 20


def test_a_certificate_ends_72_hours_after_the_sampling_to_the_second() -> None:
    _, opened = certificate()
    last = TEST.sampled_at + timedelta(hours=72)
    assert judge(opened, MAKER.trust, last).reason is Reason.VALID
    assert judge(opened, MAKER.trust, last + timedelta(seconds=1)).reason is Reason.EXPIRED


def test_a_health_card_says_the_same_and_has_a_rid() -> None:
    text = health_card()
    judged = judge(decode(text), ISSUER.trust, NOW)
    assert (judged.reason, judged.remarks) == (Reason.VALID, ())
    content = judged.content
    assert isinstance(content, BundleContent)
    assert content.rid == "abc"
    assert content.expires_at == (TEST.sampled_at + timedelta(hours=72)).timestamp()
    assert content.holder is not None
    assert (content.holder.family, content.holder.birth) == ("Wulandari", "1987-04-11")
    assert draw(text).version <= 20


def test_nothing_but_the_named_members_is_in_a_card() -> None:
    _, opened = certificate()
    assert set(opened.certificate) == {"ver", "nam", "dob", "t"}
    assert set(opened.certificate["nam"]) == {"fn", "fnt", "gn", "gnt"}
    (entry,) = opened.certificate["t"]
    assert set(entry) <= {"tg", "tt", "nm", "ma", "sc", "tr", "tc", "co", "is", "ci"}
    shown = judge(decode(health_card()), ISSUER.trust, NOW).content
    assert isinstance(shown, BundleContent)
    patient = shown.bundle["entry"][0]["resource"]
    assert set(patient) == {"resourceType", "name", "birthDate"}
    assert "identifier" not in json.dumps(shown.bundle)


def test_a_picture_of_each_is_read_back() -> None:
    for text in (certificate()[0], health_card()):
        drawn = draw(text)
        assert [code.text for code in codes_in(drawn.png)] == [text]
        assert [code.version for code in codes_in(drawn.png)] == [drawn.version]
        assert drawn.svg.startswith(b"<svg ")
    assert draw(certificate()[0]).level == "Q"


def test_the_sizes_are_those_of_version_20() -> None:
    fits, too_long = ("HC1:" + "A" * (HCERT_CHARACTERS_MAX - 4 + more) for more in (0, 1))
    assert (draw(fits).version, draw(fits).level) == (20, "Q")
    with pytest.raises(AssertionError):
        draw(too_long)
    for level, most in DIGITS_MAX.items():
        drawn = draw("shc:/" + "1" * most)
        assert (drawn.version, drawn.level) == (20, level.upper())
        if level == "l":
            with pytest.raises(AssertionError):
                draw("shc:/" + "1" * (most + 1))
        else:
            assert draw("shc:/" + "1" * (most + 1)).level != drawn.level
    assert DIGITS_MAX["l"] // 2 == HEALTH_CARD_CHARACTERS_MAX


def test_what_is_long_is_left_out_or_refused_before_anything_is_signed() -> None:
    holder = CardHolder("Wulandari Purnamaningtyas Hadiningrat Kusumawardhani " * 2, "", "1987")
    _, opened = certificate(holder, replace(TEST, name="Uji cepat antigen SARS-CoV-2 " * 3))
    assert len(opened.certificate["nam"]["fnt"]) <= 80

    def nobody(data: bytes) -> bytes:
        raise AssertionError

    letters = [chr(code) for code in range(0xC0, 0x17F) if chr(code).isalpha()]
    mixed = random.Random(7)  # little of it is alike
    first, second, third, fourth = ("".join(mixed.choices(letters, k=80)) for _ in range(4))
    with pytest.raises(CardNotMade) as caught:
        certificate(
            CardHolder(first, second, "1987-04-11"),
            replace(TEST, centre=third),
            authority=replace(AUTHORITY, name=fourth[:50]),
            sign=nobody,
        )
    assert caught.value.fault is CardFault.TOO_LARGE
    assert first[:5] not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "holder", "changes", "after"),
    [
        pytest.param(CardFault.TOO_OLD, HOLDER, {}, timedelta(hours=72), id="old"),
        pytest.param(CardFault.IN_FUTURE, HOLDER, {}, timedelta(minutes=-6), id="future"),
        pytest.param(CardFault.NAME_MISSING, CardHolder("", "", "1987"), {}, None, id="no-name"),
        pytest.param(CardFault.NAME_SCRIPT, CardHolder("佳", "", "1987"), {}, None, id="script"),
        pytest.param(CardFault.NAME_SCRIPT, CardHolder("...", "", "1987"), {}, None, id="dots"),
        pytest.param(CardFault.BIRTH, CardHolder("A", "", ""), {}, None, id="no-birth"),
        pytest.param(CardFault.BIRTH, CardHolder("A", "", "1887-01-01"), {}, None, id="birth"),
    ],
)
def test_no_card_is_made_of_what_cannot_be_one(
    fault: CardFault, holder: CardHolder, changes: dict[str, Any], after: timedelta | None
) -> None:
    at = NOW if after is None else TEST.sampled_at + after
    with pytest.raises(CardNotMade) as caught:
        certificate(holder, replace(TEST, **changes), at=at)
    assert caught.value.fault is fault
    assert caught.value.remedy


def test_a_rapid_tests_device_is_its_number() -> None:
    _, opened = certificate(test=replace(TEST, method=TestMethod.RAPID, device="1232"))
    assert opened.certificate["t"][0]["ma"] == "1232"
    assert judge(opened, MAKER.trust, NOW).remarks == ()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Siti Nur Rahmawati", "SITI<NUR<RAHMAWATI"),
        ("Müller-Lüdenscheidt", "MUELLER<LUEDENSCHEIDT"),
        ("d'Arc", "DARC"),
        ("Ångström", "AANGSTROEM"),
        ("Gößler", "GOESSLER"),
        ("Þórður", "THORDUR"),
        ("Nguyễn Văn", "NGUYEN<VAN"),
        ("Łukasz", "LUKASZ"),
        ("  O’Brien  ", "OBRIEN"),
        ("", ""),
    ],
)
def test_names_are_written_as_in_passports(name: str, written: str) -> None:
    assert icao_name(name) == written


@settings(max_examples=200)
@given(st.text(max_size=120))
def test_a_name_is_written_in_passports_letters_or_refused(name: str) -> None:
    try:
        written = icao_name(name)
    except CardNotMade:
        return
    assert len(written) <= 80
    assert set(written) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ<")


def test_two_cards_of_one_test_share_no_mark() -> None:
    seen: set[bytes] = set()
    for number in range(2):
        made = make_certificate(
            HOLDER,
            TEST,
            AUTHORITY,
            key_id=MAKER.signer.key_id,
            identifier=new_identifier("ID", lambda size, n=number: bytes([n]) * size),  # type: ignore[misc]
            at=NOW,
            sign=MAKER.sign,
        )
        card = decode(made.text)
        assert isinstance(card, HealthCertificate)
        content = judge(card, MAKER.trust, NOW).content
        assert isinstance(content, CertificateContent)
        seen |= set(marks_of(card, content))
    assert len(seen) == 6
    assert len(new_rid(lambda size: bytes(size))) <= 24
