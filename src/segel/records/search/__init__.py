"""FHIR R4 search within one patient: a query is parsed, and matched on resources open in memory.

    query = parse("Observation", [("code", "http://loinc.org|8480-6"), ("_sort", "-date")])
    found = in_order((item for item in opened if matches(item, query, among(opened))), query)
    page = [shaped(item, query.results) for item in found]

``parse`` raises QueryInvalid and nothing else. What has been answered elsewhere, such as which
patient it is, is taken out by ``query.without(criteria)``. ``included`` names what ``_include``
leads to, ``revincluded`` picks what ``_revinclude`` brings. ``query.pairs()`` is the self link.
Which parameters there are, ``parameters_of`` says; they are FHIR's own, out of parameters.json.
"""

from segel.records.search.errors import QueryInvalid
from segel.records.search.matching import Resolve, among, matches
from segel.records.search.moments import WESTERN_INDONESIA, unix_end
from segel.records.search.parameters import (
    Parameter,
    compartment_parameters,
    parameters_of,
    resource_types,
)
from segel.records.search.query import Criterion, Query, parse
from segel.records.search.results import Include, Results, SortKey, Summary, Total
from segel.records.search.shaping import in_order, included, revincluded, shaped
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
    "WESTERN_INDONESIA",
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
    "Resolve",
    "Results",
    "SortKey",
    "StringWanted",
    "Summary",
    "TokenWanted",
    "Total",
    "UriWanted",
    "Wanted",
    "among",
    "compartment_parameters",
    "in_order",
    "included",
    "matches",
    "parameters_of",
    "parse",
    "resource_types",
    "revincluded",
    "shaped",
    "unix_end",
]
