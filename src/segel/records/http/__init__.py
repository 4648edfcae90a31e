"""FHIR R4 over HTTP. ``router`` is mounted by the application."""

from segel.records.http.router import BASE, router

__all__ = ["BASE", "router"]
