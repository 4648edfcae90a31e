"""FHIR R4 over HTTP. ``router`` is mounted by the application."""

from segel.records.http.router import router
from segel.records.service import BASE

__all__ = ["BASE", "router"]
