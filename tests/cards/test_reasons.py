"""Every reason has a step, words in two languages, and its row on the page."""

from pathlib import Path

from segel.cards import Language, Reason, Remark, Step, remark_of, words_of
from segel.cards.reference import PAGE, reference

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def test_the_page_is_that_of_the_code() -> None:
    remedy = "run: python -m segel.cards.reference docs/reference"
    assert (DOCS / PAGE).read_text() == reference(), remedy


def test_every_reason_has_its_own_words_in_both_languages() -> None:
    for language in Language:
        refusals = [reason for reason in Reason if reason is not Reason.VALID]
        words = {reason: words_of(reason, language) for reason in refusals}
        assert all(one.what and one.remedy for one in words.values())
        twins = {  # the same thing, once in CBOR and once in JSON
            Reason.PAYLOAD_TOO_DEEP, Reason.PAYLOAD_DUPLICATE_KEY,
        }  # fmt: skip
        assert len({one.what for one in words.values()}) == len(refusals) - len(twins)
        assert len({remark_of(remark, language) for remark in Remark}) == len(Remark)


def test_every_reason_has_a_step_and_every_step_a_reason() -> None:
    steps = {reason: reason.step for reason in Reason}
    assert steps.pop(Reason.VALID) is None
    assert set(steps.values()) == set(Step)
    in_order = [step for step in steps.values() if step is not None]
    assert in_order == sorted(in_order)
