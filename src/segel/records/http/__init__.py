"""FHIR R4 over HTTP. ``router`` is mounted by the application, which answers by ``elsewhere`` what
no route has."""

from segel.records.http.outcomes import elsewhere
from segel.records.http.router import router
from segel.records.service import BASE

__all__ = ["BASE", "elsewhere", "router"]
