"""Patient records in FHIR R4: what a resource is asked by, and how it is answered.

``segel.records.search`` answers searches within one patient, over resources that are open in
memory. It is pure; the doors and the repository come beside it.
"""
