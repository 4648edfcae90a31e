"""A request of somebody about their own data, as a value, and what may happen to it. Pure.

::

    WAITING ──more needed──▶ MORE_NEEDED ──the asker adds──▶ WAITING
       │                          │
       └── done, partly, refused, withdrawn ──▶ over

The clock is set once, by when the request came. Nothing moves it: not that more is needed, for no
article that would let it pause was found.
"""

import re
from typing import Final
from uuid import UUID

import msgspec

from segel.broker.errors import RequestOver, RequestUnclear
from segel.domain.subject_requests import (
    ARTICLE_LENGTH_MAX,
    FORM_LENGTH_MAX,
    HOURS_TO_ANSWER,
    OPEN,
    TEXT_LENGTH_MAX,
    Channel,
    Part,
    Reply,
    RequestKind,
    RequestState,
    Use,
)

ANSWER_S: Final = HOURS_TO_ANSWER * 3_600
PAPER_AGE_MAX_S: Final = 30 * 86_400
"""A form that lay longer is overdue by weeks either way; an earlier date is a slip of the pen."""

OPEN_MAX: Final = 10
"""Open requests of one person: more are one request in many."""

TURNS_MAX: Final = 50
"""Answers and additions to one request; it ends long before, or is talked over."""

CHANGED: Final = r"[A-Z][A-Za-z]{1,39}/[A-Za-z0-9.-]{1,64}(/_history/[A-Za-z0-9.-]{1,64})?"
"""A FHIR reference (R4 § 2.3.0): what was changed."""


class Answer(msgspec.Struct, frozen=True):
    """One answer of the hospital; what it says in words is in ``Words``."""

    reply: Reply
    by: UUID
    at_s: float
    article: str = ""
    erasure_id: UUID | None = None


class RequestRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is, without its words: sealed under the broker's own key.

    It outlives the patient's key, so that how a request was answered, and in time, stays provable.
    Times are Unix seconds, 0 for never. ``entered_by``: the account it came through.
    """

    kind: RequestKind
    patient_id: UUID
    channel: Channel
    received_s: float
    due_s: float
    entered_s: float
    entered_by: UUID
    uses: tuple[Use, ...] = ()
    state: RequestState = RequestState.WAITING
    answers: tuple[Answer, ...] = ()
    closed_s: float = 0.0

    def __repr__(self) -> str:
        return f"RequestRecord({self.kind}, {self.state})"

    @property
    def is_open(self) -> bool:
        """Whether the hospital still has to answer."""
        return self.state in OPEN

    def is_overdue(self, now_s: float) -> bool:
        """Whether the clock has run out on it."""
        return self.is_open and now_s > self.due_s

    @property
    def was_late(self) -> bool:
        """Whether it was closed by the hospital after its time."""
        return bool(self.closed_s) and (
            self.state is not RequestState.WITHDRAWN and self.closed_s > self.due_s
        )


class Turn(msgspec.Struct, frozen=True):
    """Something that was said: by the hospital in an answer, or added by the asker."""

    at_s: float
    of_hospital: bool
    text: str
    changed: str = ""


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says in words: sealed under the patient's own key, and gone with it.

    ``form``: the number of the paper form that it came on.
    """

    part: Part | None = None
    wrong: str = ""
    right: str = ""
    text: str = ""
    form: str = ""
    turns: tuple[Turn, ...] = ()

    def __repr__(self) -> str:
        return "Words(...)"


def received(
    *,
    kind: RequestKind,
    patient_id: UUID,
    channel: Channel,
    received_s: float,
    now_s: float,
    entered_by: UUID,
    uses: tuple[Use, ...],
) -> RequestRecord:
    """A new request, its clock running from when it was received. Raises RequestUnclear."""
    if not now_s - PAPER_AGE_MAX_S <= received_s <= now_s:
        raise RequestUnclear(
            "The form cannot have come then.",
            field="received",
            remedy="Give the day and hour on which it came; the clock runs from there.",
        )
    if (kind is RequestKind.RESTRICTION) != bool(uses):
        raise RequestUnclear(
            "A restriction names the uses that are objected to; nothing else does.",
            field="uses",
            remedy="Choose at least one use.",
        )
    return RequestRecord(
        kind=kind,
        patient_id=patient_id,
        channel=channel,
        received_s=received_s,
        due_s=received_s + ANSWER_S,
        entered_s=now_s,
        entered_by=entered_by,
        uses=tuple(dict.fromkeys(uses)),
    )


def worded(kind: RequestKind, words: Words) -> Words:
    """The words of a new request, without idle blanks. Raises RequestUnclear."""
    tidy = msgspec.structs.replace(
        words,
        wrong=checked_text(words.wrong, "wrong"),
        right=checked_text(words.right, "right"),
        text=checked_text(words.text, "text"),
        form=" ".join(words.form.split())[:FORM_LENGTH_MAX],
        turns=(),
    )
    if kind is not RequestKind.CORRECTION:
        return msgspec.structs.replace(tidy, part=None, wrong="", right="")
    if tidy.part is None or not tidy.wrong or not tidy.right:
        raise RequestUnclear(
            "A correction says which part is wrong, how it is now, and how it is right.",
            field="part" if tidy.part is None else "right" if tidy.wrong else "wrong",
            remedy="Fill in all three.",
        )
    return tidy


def answered(record: RequestRecord, answer: Answer) -> RequestRecord:
    """The request with one more answer. Raises RequestOver, RequestUnclear."""
    require_open(record)
    if len(record.answers) >= TURNS_MAX:
        raise RequestOver("This has been answered too often.", remedy="Close it.")
    if answer.reply in (Reply.REFUSED, Reply.PARTLY) and not answer.article:
        raise RequestUnclear(
            "What is refused, wholly or in part, is refused by an article.",
            field="article",
            remedy="Name the law and its article.",
        )
    ends = answer.reply is not Reply.MORE_NEEDED
    return msgspec.structs.replace(
        record,
        state=RequestState(answer.reply),
        answers=(*record.answers, answer),
        closed_s=answer.at_s if ends else 0.0,
    )


def added_to(record: RequestRecord) -> RequestRecord:
    """The request after its asker added something: it waits for the hospital again."""
    require_open(record)
    return msgspec.structs.replace(record, state=RequestState.WAITING)


def withdrawn(record: RequestRecord, now_s: float) -> RequestRecord:
    """The request taken back. Raises RequestOver."""
    require_open(record)
    return msgspec.structs.replace(record, state=RequestState.WITHDRAWN, closed_s=now_s)


def said(words: Words, turn: Turn) -> Words:
    """The words with one more turn. Raises RequestOver, RequestUnclear."""
    if len(words.turns) >= TURNS_MAX:
        raise RequestOver("Too much was said to this already.", remedy="Make a new request.")
    if turn.changed and re.fullmatch(CHANGED, turn.changed) is None:
        raise RequestUnclear(
            "This is not the address of a resource.",
            field="changed",
            remedy="Write it as Patient/ID or Observation/ID, or leave it empty.",
        )
    return msgspec.structs.replace(words, turns=(*words.turns, turn))


def checked_text(text: str, field: str) -> str:
    """A text without idle blanks. Raises RequestUnclear where it is too long."""
    tidy = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    if len(tidy) > TEXT_LENGTH_MAX:
        raise RequestUnclear(
            f"This is longer than {TEXT_LENGTH_MAX} characters.", field=field, remedy="Shorten it."
        )
    return tidy


def checked_article(text: str) -> str:
    """An article's name. Raises RequestUnclear where it is too long."""
    tidy = " ".join(text.split())
    if len(tidy) > ARTICLE_LENGTH_MAX:
        raise RequestUnclear("An article is named briefly.", field="article", remedy="Shorten it.")
    return tidy


def require_open(record: RequestRecord) -> None:
    """Raises RequestOver where nothing more can be said."""
    if not record.is_open:
        raise RequestOver("This request is over.", remedy="Make a new request.")


def number_of(request_id: UUID) -> str:
    """How people name a request; for an erasure's reference, too."""
    return f"PSD-{request_id.hex[:8].upper()}"
