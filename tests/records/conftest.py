"""FHIR's door, for the tests of what is asked of it."""

from support.fhir_door import fhir

__all__ = ["fhir"]
