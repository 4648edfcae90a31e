"""Demo data: two invented hospitals, their people, and real public images of invented patients.

Everything follows from one seed and one day (``as_of``), so that the same home gets the same data
again. ``people`` invents, ``images`` writes DICOM files, ``seed`` puts both into a running Segel.
"""
