"""The readers, which run behind the walls only: from bytes to files, tables, texts and pictures.

::

    opening ──▶ sniffing ─▶ archives, unpacking, sevenzip      files within files
                       ├──▶ delimited, dumps, json_rows, …     tables
                       ├──▶ documents, mail, free_text         texts
                       └──▶ pictures, dicom                    pictures

``findings`` is where each of them says what it found; ``flow`` counts what they read.
"""
