"""FHIR Subscriptions (R4 § Subscription): systems that have themselves told that something matches.

Written and read at FHIR's door, matched by whoever writes a resource, told by a process of its own.
"""

from segel.records.subscriptions.noting import Noting
from segel.records.subscriptions.service import Subscriptions

__all__ = ["Noting", "Subscriptions"]
