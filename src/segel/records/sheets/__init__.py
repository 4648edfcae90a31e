"""Tables of laboratory results: CSV and XLSX from bytes to charts, and out of them again.

``reading`` and ``columns`` say what a file holds, ``rows`` what each row says or what is wrong with
it, ``messages`` makes of a row the HL7 message that a laboratory's system would have sent. All of
that is pure. ``service`` is the import step by step, over ``drawers``, where a table lies sealed in
between, and ``taking``, which writes rows and undoes them.
"""
