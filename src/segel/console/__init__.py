"""The pages people see: sign-in, worklist, study, light viewer, account; and OHIF's own origin.

Server-rendered, in Indonesian and English, light and dark, down to phone width. ``router_for`` is
mounted by ``app`` on the console's origin, ``viewer_app`` on the second one. No name, number or
UID ever enters a URL that a server sees: links carry handles that only their session can open.
"""

from segel.access import SESSION_COOKIE
from segel.console.http.router import router_for
from segel.console.http.viewer_origin import viewer_app
from segel.console.settings import ConsoleSettings
from segel.console.viewer_files import ViewerMissing

__all__ = ["SESSION_COOKIE", "ConsoleSettings", "ViewerMissing", "router_for", "viewer_app"]
