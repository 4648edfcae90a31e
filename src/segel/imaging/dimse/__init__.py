"""DICOM's own network services: C-ECHO, C-STORE, C-FIND (of worklists, too), C-GET and C-MOVE.

``Receiver`` listens and answers on the archive's service; what a peer may do is decided by the
broker, once for its AE title and again for every study. The upper layer and the messages are ours,
on asyncio; the knowledge of SOP classes and transfer syntaxes is pynetdicom's and pydicom's.
"""

from segel.imaging.dimse.limits import Limits
from segel.imaging.dimse.receiver import Receiver, TlsDoor, serve_receiver
from segel.imaging.dimse.tls import (
    CertificateBroken,
    TlsContexts,
    TlsFiles,
    contexts,
    key_in,
    key_shown,
)

__all__ = [
    "CertificateBroken",
    "Limits",
    "Receiver",
    "TlsContexts",
    "TlsDoor",
    "TlsFiles",
    "contexts",
    "key_in",
    "key_shown",
    "serve_receiver",
]
