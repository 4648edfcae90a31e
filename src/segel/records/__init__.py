"""Patient records: what a hospital's other systems say about a patient, beside the images.

What arrives is read at its door into FHIR R4 resources, and kept as those. ``segel.records.hl7`` is
the door of HL7 version 2: results, orders and MLLP.
"""
