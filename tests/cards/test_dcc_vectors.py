"""The EU's test data (dgc-testdata), file by file, judged as it says itself."""

import base64
import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from segel.cards import (
    CardRefused,
    Judgement,
    Reason,
    Step,
    Trust,
    content_of,
    decode,
    judge,
    refusal,
    signer_of,
)
from segel.cards.pictures import codes_in

HERE = Path(__file__).parent
EXCEPTIONS = tomllib.loads((HERE / "dcc_exceptions.toml").read_text())["exception"]
PAGE = HERE.parents[1] / "docs" / "reference" / "cards-test-data.md"

VERIFIED = (Step.STRUCTURE, Step.HEADER, Step.KEY, Step.SIGNATURE)
STEPS = {
    "EXPECTEDUNPREFIX": (Step.PREFIX,),
    "EXPECTEDB45DECODE": (Step.TEXT,),
    "EXPECTEDCOMPRESSION": (Step.COMPRESSION,),
    "EXPECTEDDECODE": (Step.STRUCTURE,),
    "EXPECTEDVERIFY": VERIFIED,
    "EXPECTEDKEYUSAGE": (Step.USAGE,),
    "EXPECTEDEXPIRATIONCHECK": (Step.TIME,),
}
CONTENT = "EXPECTEDSCHEMAVALIDATION"
"""What a verifier may look at only once the signature held, judged here in any case."""
MAKING = ("EXPECTEDENCODE", "EXPECTEDVALIDOBJECT", "EXPECTEDVALIDJSON", "EXPTECTEDEXPIRED")
"""Of issuers' programs and what they start from; and a misspelt name, with no meaning given."""
PICTURES = "EXPECTEDPICTUREDECODE"


class Vector(NamedTuple):
    """One file, judged."""

    name: str
    expected: dict[str, bool]
    judgement: Judgement
    content: Reason
    picture: bytes | None
    text: str


def moment(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def judged(path: Path, folder: Path) -> Vector:
    file: dict[str, Any] = json.loads(path.read_text("utf-8-sig"))
    context = file["TESTCTX"]
    trust = Trust((signer_of(base64.b64decode(context["CERTIFICATE"])),))
    content = Reason.VALID
    try:
        card = decode(file["PREFIX"])
    except CardRefused as refused:
        judgement, content = refusal(refused), refused.reason
    else:
        judgement = judge(card, trust, moment(context["VALIDATIONCLOCK"]))
        try:
            content_of(card)
        except CardRefused as refused:
            content = refused.reason
    picture = file.get("2DCODE") or file.get("_2DCODE")
    return Vector(
        str(path.relative_to(folder)),
        file["EXPECTEDRESULTS"],
        judgement,
        content,
        base64.b64decode(picture) if picture else None,
        file["PREFIX"],
    )


@pytest.fixture(scope="module")
def vectors(shared_dir: Path) -> list[Vector]:
    folder = shared_dir / "vectors" / "dcc"
    if not folder.is_dir():
        pytest.skip("the EU's certificates are not beside this checkout")
    found = [judged(path, folder) for path in sorted(folder.rglob("*.json"))]
    assert len(found) >= 209
    return found


def differences(vectors: list[Vector]) -> Iterator[tuple[str, str, Reason]]:
    """What is judged otherwise than expected: file, expectation, and our reason."""
    for one in vectors:
        refused_before = one.judgement.reason.step in VERIFIED
        for name, wanted in one.expected.items():
            if name == CONTENT:
                if (one.content is Reason.VALID) is not wanted:
                    yield one.name, name, one.content
            elif name in STEPS:
                if refused_before and STEPS[name] not in (VERIFIED, STEPS["EXPECTEDDECODE"]):
                    # The file says itself that it must not be verified: no later step is taken.
                    if min(STEPS[name]) > Step.SIGNATURE:
                        assert one.expected["EXPECTEDVERIFY"] is False
                    continue
                if all(map(one.judgement.passed, STEPS[name])) is not wanted:
                    yield one.name, name, one.judgement.reason
            else:
                assert name in (*MAKING, PICTURES), name


def test_every_file_is_judged_as_it_says_but_for_the_listed_exceptions(
    vectors: list[Vector],
) -> None:
    found = {(file, name): str(reason) for file, name, reason in differences(vectors)}
    listed = {(one["file"], one["expects"]): one["reason"] for one in EXCEPTIONS}
    assert found == listed


def test_what_must_not_pass_does_not(vectors: list[Vector]) -> None:
    must_fail = [one for one in vectors if not all(one.expected.values())]
    excused = {one["file"] for one in EXCEPTIONS if one["reason"] == "valid"}
    for one in must_fail:
        if PICTURES in one.expected and not one.expected[PICTURES]:
            continue  # its text is given whole; the picture is what is broken
        assert not one.judgement.valid or one.name in excused, one.name


def test_what_should_pass_does(vectors: list[Vector]) -> None:
    """The whole way, at the time that each file says."""
    refused = {
        one.name: one.judgement.reason
        for one in vectors
        if all(one.expected.values()) and not one.judgement.valid
    }
    before_issue = {name for name, reason in refused.items() if reason is Reason.NOT_YET_VALID}
    excused = {one["file"] for one in EXCEPTIONS}
    # Their clock stands before their own issue; they do not say that the times are to be checked.
    assert before_issue == {"LU/2DCode/raw/INCERT_R_DCC_Recovery.json", "SG/2DCode/raw/4.json"}
    # Vaccination and test signed by one who may sign tests only; usage is not expected of it.
    assert set(refused) - before_issue - excused == {"LI/2DCode/raw/4.json"}


def test_pictures_have_the_text(vectors: list[Vector]) -> None:
    looked_at = 0
    for one in vectors:
        if one.picture is None or PICTURES not in one.expected:
            continue
        looked_at += 1
        try:
            texts = [code.text for code in codes_in(one.picture)]
        except CardRefused:
            texts = []
        assert (one.text in texts) is one.expected[PICTURES], one.name
    assert looked_at > 140


def test_the_page_tells_every_exception() -> None:
    page = PAGE.read_text()
    for one in EXCEPTIONS:
        row = f"| `{one['file']}` | `{one['expects']}` | `{one['reason']}` | {one['why']} |"
        assert row in page, row
