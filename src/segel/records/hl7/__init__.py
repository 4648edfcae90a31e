"""HL7 version 2: results and orders from bytes to FHIR R4, and the MLLP door they come in by.

``parse_message`` reads ORU^R01, ORM^O01 and OML^O21; ``to_bundle`` makes a FHIR transaction of
one, always the same, and ``patient_of`` says whom it is about. ``MllpServer`` listens, hands each
message to whoever keeps it, and answers when it is kept. What cannot be taken is a
``MessageRefused`` with the place in the message and without any of its values; ``TryAgain`` asks
for a message again. ``SenderSessions`` knows who sends, and ``Keeping`` takes what they send into
patients' charts.
"""

from segel.records.hl7.answers import answer
from segel.records.hl7.errors import Fault, Location, MessageRefused, TryAgain
from segel.records.hl7.header import read_header
from segel.records.hl7.keeping import Keeping
from segel.records.hl7.limits import Limits
from segel.records.hl7.messages import parse_message
from segel.records.hl7.people import Identifier, Person
from segel.records.hl7.segments import Header, Message, Segment
from segel.records.hl7.sender import Sender
from segel.records.hl7.server import MllpServer
from segel.records.hl7.serving import Accept, Peer, Received, SenderOf
from segel.records.hl7.sessions import SenderSessions
from segel.records.hl7.statuses import is_older
from segel.records.hl7.transactions import patient_of, to_bundle

__all__ = [
    "Accept",
    "Fault",
    "Header",
    "Identifier",
    "Keeping",
    "Limits",
    "Location",
    "Message",
    "MessageRefused",
    "MllpServer",
    "Peer",
    "Person",
    "Received",
    "Segment",
    "Sender",
    "SenderOf",
    "SenderSessions",
    "TryAgain",
    "answer",
    "is_older",
    "parse_message",
    "patient_of",
    "read_header",
    "to_bundle",
]
