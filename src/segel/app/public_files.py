"""Files that everybody may have, the same for all: how they are sent, refused and described."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

TEXT: Final = "text/plain; charset=utf-8"
FRESH: Final = "no-store"

COMMON: Final = {
    # Public, the same for everybody and read without cookies: a reader's own page may check it.
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}

Answered = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body."""


def mounted(path: str, answer: Callable[[str, str], Awaitable[Answered]]) -> ASGIRouteHandler:
    """What answers below a path; ``answer`` gets the method, and what stands behind the path."""

    @asgi(path, is_mount=True)
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        method = str(scope.get("method"))
        asked = str(scope["path"]).removeprefix(path).removeprefix("/").removesuffix("/")
        status, headers, body = await answer(method, asked)
        await sent(send, method, (status, {**COMMON, **headers}, body))

    return serve


async def sent(send: Send, method: str, answered: Answered) -> None:
    """Send a whole answer; to HEAD without its body."""
    status, headers, body = answered
    named = {**headers, "Content-Length": str(len(body))}
    pairs = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    shown = b"" if method == "HEAD" else body
    await send({"type": "http.response.body", "body": shown, "more_body": False})


def problem(status: int, title: str, headers: Mapping[str, str] | None = None) -> Answered:
    """An answer that says what is wrong (RFC 9457)."""
    body = msgspec.json.encode({"type": "about:blank", "title": title, "status": status})
    kind = {"Content-Type": "application/problem+json", "Cache-Control": FRESH}
    return status, {**kind, **(headers or {})}, body


_SCHEMAS: Final[Mapping[str, dict[str, Any]]] = {
    TEXT: {"type": "string"},
    "application/json": {"type": "object"},
}


def operation(
    summary: str,
    kind: str,
    parameters: list[dict[str, Any]],
    source: str,
    tag: str,
    tells: str,
) -> dict[str, Any]:
    """The description of a file that everybody may have."""
    content = _SCHEMAS.get(kind, {"type": "string", "format": "binary"})
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "summary": summary,
        "description": f"{source}. Public: {tells}.",
        "tags": [tag],
        "security": [],
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "The file.",
                "content": {kind.partition(";")[0]: {"schema": content}},
            },
            "404": {"description": "There is no such file.", "content": problem},
            "503": {"description": "Not now; see Retry-After.", "content": problem},
        },
    }
