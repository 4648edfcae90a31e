"""Patient records: what a hospital says about people, orders, results and images as FHIR R4.

``r4`` is the standard itself, and pure: it reads, checks and writes resources.
"""
