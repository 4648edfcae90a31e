"""What is answered of a sample: each part by itself, on values made by hand."""

import math
from uuid import UUID

import pytest

from segel.leaks.answer import Question
from segel.leaks.extent.claims import Claim, Held, Plausibility, plausible
from segel.leaks.extent.evenness import evenness
from segel.leaks.extent.sizing import Method, Size, by_numbers, two_samples
from segel.leaks.extent.states import State, states
from segel.leaks.extent.windows import by_versions, narrowed
from segel.leaks.model import (
    ColumnKind,
    History,
    MatchLevel,
    PersonRow,
    RowMatch,
    Shown,
    Touch,
    Verdict,
    VersionSpan,
    Way,
)
from segel.leaks.origin.ranking import Mark, rank
from segel.leaks.verdict.forged import invention
from segel.leaks.verdict.held import with_versions
from segel.leaks.verdict.ladder import Sample, judge

_K = ColumnKind
NOBODY = UUID(int=0)
DAY = 86_400.0


def rows(
    count: int, *, table: int = 0, first: int = 0, ours: bool = True, record: bool = True
) -> list[tuple[PersonRow, RowMatch]]:
    """Rows of patients (or of nobody) with NIK, name and, if wanted, a record number."""
    made = []
    for at in range(first, first + count):
        row = PersonRow(
            table, at, nik=f"97010101017000{at:02}", name=f"BUDI {at}",
            medical_record=f"{at:08}" if record else "",
        )  # fmt: skip
        match = RowMatch(table, at, b"", MatchLevel.NONE, 0.0)
        if ours:
            kinds = (_K.NIK, _K.NAME, *([_K.MEDICAL_RECORD] if record else []))
            match = RowMatch(
                table, at, at.to_bytes(16, "big"), MatchLevel.IDENTIFIER, 40.0, kinds,
                (), (_K.MEDICAL_RECORD,) if record else (),
            )  # fmt: skip
        made.append((row, match))
    return made


def by_accession_alone(count: int) -> list[tuple[PersonRow, RowMatch]]:
    """Rows that nobody can be recognised by, and that only an archive writes."""
    return [
        (PersonRow(1, at, accession=f"A{at:07}"), RowMatch(1, at, b"", MatchLevel.NONE, 0.0))
        for at in range(count)
    ]


def verdict(sample: list[tuple[PersonRow, RowMatch]]) -> Verdict:
    return judge(Sample((), tuple(sample))).verdict


def test_rows_with_our_own_numbers_are_ours() -> None:
    assert verdict(rows(60)) is Verdict.OURS


def test_strangers_are_not_ours() -> None:
    assert verdict(rows(60, ours=False)) is Verdict.NOT_OURS


def test_some_of_ours_among_strangers_is_mixed() -> None:
    assert verdict(rows(30) + rows(30, first=30, ours=False)) is Verdict.MIXED


def test_a_list_of_citizens_with_our_patients_is_not_ours() -> None:
    citizens = rows(15, record=False) + rows(45, first=15, ours=False, record=False)

    assert verdict(citizens) is Verdict.NOT_OURS


def test_our_patients_without_what_only_we_hold_are_not_called_ours() -> None:
    assert verdict(rows(60, record=False)) in (Verdict.UNDETERMINED, Verdict.NOT_OURS)


def test_a_few_rows_give_no_answer() -> None:
    assert verdict(rows(4)) is Verdict.UNDETERMINED


def test_the_same_row_many_times_counts_once() -> None:
    assert verdict(rows(4) * 50) is Verdict.UNDETERMINED


def test_numbers_that_another_hospital_gave_speak_against() -> None:
    row, match = rows(1)[0]
    denied = with_versions(row, match, [], frozenset({_K.MEDICAL_RECORD}))

    assert denied.contradicting == (_K.MEDICAL_RECORD,)
    assert _K.MEDICAL_RECORD not in denied.agreeing


def test_made_up_numbers_are_seen() -> None:
    real = [PersonRow(0, at, nik=f"9701010101700{at:03}") for at in range(1, 60)]
    made = [PersonRow(0, at, nik=f"970101010170{5_000 + at}") for at in range(60)]

    assert invention(real).score < 0.1
    assert invention(made).score > 0.5


def spanned(from_day: float, until_day: float = math.inf) -> State:
    return State(0, bytes(16), frozenset(), from_day * DAY, until_day * DAY)


def test_the_newest_and_the_first_replaced_bound_the_copy() -> None:
    found = by_versions([spanned(1), spanned(10), spanned(2, 20), spanned(5, 30)] * 30, 100 * DAY)

    assert (found.start_s, found.end_s) == (10 * DAY, 20 * DAY)
    assert found.at_once


def test_one_wrong_row_moves_no_bound() -> None:
    found = by_versions([spanned(10, 20)] * 50 + [spanned(40)], 100 * DAY)

    assert found.start_s == 10 * DAY
    assert found.end_s >= 20 * DAY


def test_rows_of_many_weeks_were_not_copied_at_once() -> None:
    found = by_versions([spanned(at, at + 3) for at in range(60)], 100 * DAY)

    assert not found.at_once


def test_a_window_holds_every_likely_candidate_and_ends_with_the_post() -> None:
    proved = by_versions([spanned(10, 20)] * 10, 15 * DAY)
    found = narrowed(proved, [(11 * DAY, 12 * DAY), (-math.inf, math.inf)], 15 * DAY)

    assert (found.start_s, found.end_s) == (10 * DAY, 15 * DAY)


def test_versions_that_exclude_each_other_say_nothing() -> None:
    one = rows(1)[0]
    spans = [VersionSpan(0, 0, _K.PHONE, 50.0, 60.0), VersionSpan(0, 0, _K.ADDRESS, 10.0, 20.0)]

    assert states([one], spans)[0].from_s == -math.inf


def test_who_is_in_two_samples_tells_the_whole() -> None:
    size = two_samples(100, 100, 10)

    assert size is not None
    assert size.low < 1_000 < size.high
    assert two_samples(100, 100, 2) is None


def test_the_sellers_own_numbers_tell_the_whole() -> None:
    size = by_numbers(range(50, 10_000, 50))

    assert size is not None
    assert size.low <= 10_000 <= size.high < 10_500


def test_the_first_lines_of_a_file_are_no_even_draw() -> None:
    assert not evenness({}, {}, [], range(1, 201)).is_even
    assert evenness({}, {}, [], range(7, 20_000, 97)).is_even


def test_a_claim_of_more_people_than_there_were_is_said() -> None:
    nothing = Size(Method.NONE, 0, 0)

    assert plausible(Claim(people=6_000_000), nothing, Held(100_000, 0)) == (Plausibility.TOO_MANY,)
    assert plausible(Claim(people=90_000), nothing, Held(100_000, 0)) == (Plausibility.POSSIBLE,)


def history(
    seen: dict[int, range], gaps: tuple[tuple[float, float], ...] = (), way: Way = Way.ACCOUNT
) -> History:
    """Candidates by number, each having been shown those patients, and nobody else, on day 5."""
    return History(
        tuple(
            Touch(
                5 * DAY, way, UUID(int=who), NOBODY, tuple(at.to_bytes(16, "big") for at in those)
            )
            for who, those in seen.items()
        ),
        tuple(Shown(way, UUID(int=who), len(those), (len(those),)) for who, those in seen.items()),
        (0.0, 10 * DAY),
        100_000,
        gaps,
    )


SAMPLE = [State(0, at.to_bytes(16, "big"), frozenset(), 0.0, math.inf) for at in range(40)]


def test_who_saw_all_of_it_and_little_else_comes_first() -> None:
    found = rank(SAMPLE, history({1: range(50), 2: range(5_000), 3: range(20)}))

    assert found.suspects[0].who.int == 1
    assert found.named
    assert found.suspects[0].covered == 1.0


def test_two_who_saw_the_same_are_not_told_apart() -> None:
    found = rank(SAMPLE, history({1: range(50), 2: range(50)}))

    assert not found.named
    assert found.alike == 2


def test_nobody_who_saw_half_of_it_is_named_where_nobody_saw_the_rest() -> None:
    found = rank(SAMPLE, history({1: range(100, 150)}))

    assert found.suspects[0].way is Way.ELSEWHERE
    assert not found.named


def test_what_was_not_there_on_the_day_of_the_access_speaks_against() -> None:
    later = [State(0, one.pseudonym, frozenset(), 6 * DAY, math.inf) for one in SAMPLE]
    found = rank(later, history({1: range(50)}))

    assert found.suspects[0].way is Way.ELSEWHERE
    assert found.suspects[1].other_day == len(SAMPLE)


def test_a_mark_outweighs_equal_evidence() -> None:
    both = history({1: range(50), 2: range(50)}, way=Way.EXPORT)
    found = rank(SAMPLE, both, [Mark(Way.EXPORT, UUID(int=2))])

    assert found.named
    assert found.suspects[0].who.int == 2


def test_gaps_of_the_log_are_said_and_cost_certainty() -> None:
    partly = {1: range(36)}
    whole, gapped = (rank(SAMPLE, history(partly, gaps)) for gaps in ((), ((0.0, 2 * DAY),)))

    assert gapped.gap_share == pytest.approx(0.2)
    assert gapped.suspects[0].bits > whole.suspects[0].bits


def test_too_few_records_name_nobody() -> None:
    assert not rank(SAMPLE[:5], history({1: range(50)})).named


def test_a_question_knows_nothing_of_the_truth() -> None:
    assert set(Question.__struct_fields__) == {
        "files", "tables", "rows", "claim", "numbers", "second", "sealed",
    }  # fmt: skip


def test_rows_that_cannot_be_compared_keep_an_answer_from_being_no() -> None:
    foreign = rows(40, ours=False)
    assert verdict(foreign) is Verdict.NOT_OURS
    assert verdict(foreign + by_accession_alone(5)) is Verdict.NOT_OURS
    assert verdict(foreign + by_accession_alone(40)) is Verdict.UNDETERMINED


def test_rows_of_names_alone_hide_nothing() -> None:
    names = [
        (PersonRow(1, at, name=f"SARI {at}"), RowMatch(1, at, b"", MatchLevel.NONE, 0.0))
        for at in range(40)
    ]
    assert verdict(rows(40, ours=False) + names) is Verdict.NOT_OURS
