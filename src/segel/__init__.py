"""Segel: the patient-record and medical-imaging archive that stays sealed."""
