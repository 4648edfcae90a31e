"""DICOMweb (PS3.18): STOW-RS, QIDO-RS, WADO-RS and WADO-URI over the archive.

``router(archive)`` is mounted by the application; ``problem_response`` says any of Segel's errors
as RFC 9457 problem details, for every HTTP door alike.
"""

from segel.imaging.dicomweb.problem import problem_response
from segel.imaging.dicomweb.router import router

__all__ = ["problem_response", "router"]
