"""FHIR R4 search within one patient: a query is parsed into parameters with values.

``parse`` raises QueryInvalid and nothing else. ``query.pairs()`` is the self link. Which
parameters there are, ``parameters_of`` says; they are FHIR's own, out of parameters.json.
"""

from segel.records.search.errors import QueryInvalid
from segel.records.search.parameters import (
    Parameter,
    compartment_parameters,
    parameters_of,
    resource_types,
)
from segel.records.search.query import Criterion, Query, parse
from segel.records.search.results import Include, Results, SortKey, Summary, Total
from segel.records.search.values import Reference
from segel.records.search.wanted import (
    CompositeWanted,
    DateWanted,
    MissingWanted,
    QuantityWanted,
    StringWanted,
    TokenWanted,
    UriWanted,
    Wanted,
)

__all__ = [
    "CompositeWanted",
    "Criterion",
    "DateWanted",
    "Include",
    "MissingWanted",
    "Parameter",
    "QuantityWanted",
    "Query",
    "QueryInvalid",
    "Reference",
    "Results",
    "SortKey",
    "StringWanted",
    "Summary",
    "TokenWanted",
    "Total",
    "UriWanted",
    "Wanted",
    "compartment_parameters",
    "parameters_of",
    "parse",
    "resource_types",
]
