"""FHIR R4 search within one patient: which parameters there are, and what they look at."""

from segel.records.search.parameters import (
    Parameter,
    compartment_parameters,
    parameters_of,
    resource_types,
)

__all__ = ["Parameter", "compartment_parameters", "parameters_of", "resource_types"]
