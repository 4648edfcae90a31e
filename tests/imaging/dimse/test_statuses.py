"""Every cell of the table of refusals, against the standard's own ranges."""

import pytest
from pynetdicom.status import (
    QR_FIND_SERVICE_CLASS_STATUS,
    QR_GET_SERVICE_CLASS_STATUS,
    QR_MOVE_SERVICE_CLASS_STATUS,
    STORAGE_SERVICE_CLASS_STATUS,
    code_to_category,
)

from segel.broker import errors as broker_errors
from segel.domain.errors import SegelError
from segel.imaging.dicom.errors import UidMissing
from segel.imaging.dimse.command import Element
from segel.imaging.dimse.statuses import (
    TABLE,
    comment,
    find_refusal,
    retrieve_refusal,
    store_refusal,
)
from segel.imaging.errors import DuplicateInstance, OutOfRoom, StudyMismatch


@pytest.mark.parametrize("kind", list(TABLE))
def test_every_refusal_is_a_failure_that_its_service_knows(kind: type[SegelError]) -> None:
    error = kind("Something.")
    retrieved = retrieve_refusal(error)[Element.STATUS]
    assert store_refusal(error)[Element.STATUS] in STORAGE_SERVICE_CLASS_STATUS
    assert find_refusal(error)[Element.STATUS] in QR_FIND_SERVICE_CLASS_STATUS
    assert retrieved in QR_MOVE_SERVICE_CLASS_STATUS
    assert retrieved in QR_GET_SERVICE_CLASS_STATUS or retrieved == 0xA801
    for refusal in (store_refusal(error), find_refusal(error), retrieve_refusal(error)):
        status = refusal[Element.STATUS]
        assert isinstance(status, int)
        assert code_to_category(status) == "Failure"


@pytest.mark.parametrize("kind", sorted(broker_errors.ERRORS_BY_CODE.values(), key=str))
def test_every_error_of_the_broker_has_an_answer_in_every_service(
    kind: type[SegelError],
) -> None:
    for refusal_of in (store_refusal, find_refusal, retrieve_refusal):
        assert refusal_of(kind("Something."))[Element.STATUS]


@pytest.mark.parametrize(
    ("kind", "store", "find", "retrieve"),
    [
        (broker_errors.Frozen, 0x0124, 0x0124, 0x0124),
        (broker_errors.TokenInvalid, 0x0124, 0x0124, 0x0124),
        (broker_errors.BudgetExhausted, 0xA700, 0xA700, 0xA702),
        (broker_errors.BrokerUnavailable, 0xA700, 0xA700, 0xA702),
        (broker_errors.QueryTooBroad, 0x0110, 0xA700, 0xA701),
        (broker_errors.AeTitleUnknown, 0x0124, 0x0124, 0xA801),
        (UidMissing, 0xC001, 0xC010, 0xC010),
        (SegelError, 0x0110, 0xC010, 0xC010),
    ],
)
def test_the_table(kind: type[SegelError], store: int, find: int, retrieve: int) -> None:
    error = kind("Something.")
    assert store_refusal(error)[Element.STATUS] == store
    assert find_refusal(error)[Element.STATUS] == find
    assert retrieve_refusal(error)[Element.STATUS] == retrieve


def test_the_archives_own_reason_is_passed_on() -> None:
    assert store_refusal(DuplicateInstance("Kept aside."))[Element.STATUS] == 0x0111
    assert store_refusal(OutOfRoom("Full."))[Element.STATUS] == 0xA700
    assert store_refusal(StudyMismatch("Another study."))[Element.STATUS] == 0xA900


def test_the_offending_element_is_a_tag_and_the_comment_fits() -> None:
    refusal = store_refusal(UidMissing("The UID is missing. " * 9, field="StudyInstanceUID"))
    assert refusal[Element.OFFENDING_ELEMENT] == (0x0020000D,)
    text = refusal[Element.ERROR_COMMENT]
    assert isinstance(text, str)
    assert len(text) <= 64
    assert Element.OFFENDING_ELEMENT not in store_refusal(UidMissing("No.", field="nothing"))


def test_what_broke_inside_is_not_told() -> None:
    refusal = store_refusal(RuntimeError("Tjandra^Siti"))
    assert "Tjandra" not in str(refusal)
    assert comment("x" * 64) == "x" * 64
    assert len(comment("word " * 40)) <= 64
