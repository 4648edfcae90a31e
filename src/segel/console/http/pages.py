"""From a template to an answer: language, theme, headers."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType

from segel.broker import Session
from segel.console import present
from segel.console.headers import page_headers
from segel.console.http.sessions import (
    EMERGENCY_COOKIE,
    TO_DECIDE_STATE,
    AnyRequest,
    emergency_cookie,
)
from segel.console.portal import PARTS
from segel.console.settings import ConsoleSettings
from segel.console.texts import LANGUAGES, has_text, keys_of, text

LANGUAGE_COOKIE: Final = "segel_language"
THEME_COOKIE: Final = "segel_theme"
THEMES: Final = ("auto", "light", "dark")
YEAR_S: Final = 365 * 86_400

ASSETS: Final = {
    "console.css": "text/css; charset=utf-8",
    "declare.js": "text/javascript; charset=utf-8",
    "invitation.js": "text/javascript; charset=utf-8",
    "leak.js": "text/javascript; charset=utf-8",
    "link-made.js": "text/javascript; charset=utf-8",
    "open-link.js": "text/javascript; charset=utf-8",
    "onboarding.js": "text/javascript; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "report.js": "text/javascript; charset=utf-8",
    "record.js": "text/javascript; charset=utf-8",
    "passkey.js": "text/javascript; charset=utf-8",
    "viewer.js": "text/javascript; charset=utf-8",
    "viewer-input.js": "text/javascript; charset=utf-8",
    "viewer-paint.js": "text/javascript; charset=utf-8",
    "viewer-pictures.js": "text/javascript; charset=utf-8",
    "seal.svg": "image/svg+xml",
}

_HTML: Final = MediaType.HTML


@dataclass(frozen=True, slots=True)
class Preferences:
    """How this browser wants its pages."""

    language: str
    theme: str


def preferences_of(request: AnyRequest) -> Preferences:
    """From the cookies; a browser that never chose gets the first language it asks for."""
    language = request.cookies.get(LANGUAGE_COOKIE, "")
    if language not in LANGUAGES:
        language = _asked_for(request.headers.get("accept-language", ""))
    theme = request.cookies.get(THEME_COOKIE, "")
    return Preferences(language, theme if theme in THEMES else "auto")


def _asked_for(header: str) -> str:
    for part in header.split(","):
        language = part.strip()[:2].casefold()
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


class Pages:
    """Renders templates with what every page needs."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._headers = page_headers(settings.viewer_origin)
        self._with_pictures = page_headers(settings.viewer_origin, holds_pictures=True)
        self._demo = settings.demo
        self._cards = settings.cards
        self._passes = settings.passes
        self._secure = settings.secure
        self._environment = Environment(
            loader=PackageLoader("segel.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            present=present, asset=asset_url, has_text=has_text, keys_of=keys_of, portal=PARTS
        )

    def render(
        self, request: AnyRequest, template: str, *, session: Session | None, **values: Any
    ) -> str:
        """The HTML of a template, for whoever asks."""
        preferences = preferences_of(request)
        return self._environment.get_template(template).render(
            preferences=preferences,
            language=preferences.language,
            t=partial(text, preferences.language),
            path=request.url.path,
            repeatable=request.method == "GET",
            session=session,
            to_decide=request.state.get(TO_DECIDE_STATE, 0),
            demo=self._demo,
            makes_cards=self._cards,
            makes_passes=self._passes,
            section=values.pop("section", ""),
            **values,
        )

    def answer(
        self,
        request: AnyRequest,
        template: str,
        *,
        session: Session | None,
        status: int = 200,
        cookies: list[Cookie] | None = None,
        holds_pictures: bool = False,
        **values: Any,
    ) -> Response[str]:
        """A page as a response, perhaps with pictures in it.

        It keeps the browser's idea of an open break-glass true.
        """
        cookies = list(cookies or ())
        knows = request.cookies.get(EMERGENCY_COOKIE) == "1"
        if session is not None and knows != (session.break_glass is not None):
            cookies.append(emergency_cookie(session, secure=self._secure))
        return Response(
            self.render(request, template, session=session, **values),
            media_type=_HTML,
            status_code=status,
            headers=self._with_pictures if holds_pictures else self._headers,
            cookies=cookies,
        )

    def file(self, text: str, name: str) -> Response[str]:
        """A text to be saved, not shown."""
        return Response(
            text,
            media_type=MediaType.TEXT,
            headers={**self._headers, "Content-Disposition": f'attachment; filename="{name}"'},
        )

    def onward(self, path: str, *, cookies: list[Cookie] | None = None) -> Response[str]:
        """See another page (303): what was posted is not posted again by going back."""
        return Response(
            "",
            media_type=_HTML,
            status_code=303,
            headers={**self._headers, "Location": path},
            cookies=cookies,
        )


def asset_url(name: str) -> str:
    """The address of an asset; it changes when the asset does, so it can be kept for long."""
    return f"/static/{name}?v={asset_digest(name)}"


@lru_cache
def read_asset(name: str) -> bytes:
    """An asset's bytes."""
    return files("segel.console").joinpath("static", name).read_bytes()


@lru_cache
def asset_digest(name: str) -> str:
    """What changes when an asset's content does."""
    return hashlib.sha256(read_asset(name)).hexdigest()[:12]
