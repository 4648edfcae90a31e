"""The headers of every answer: what a browser may load, keep and tell others."""

from typing import Final

_NOTHING_ELSE: Final = "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"


def page_headers(viewer_origin: str, *, holds_pictures: bool = False) -> dict[str, str]:
    """Headers of a page. Forms may lead to ``viewer_origin``, where OHIF is let in.

    ``holds_pictures``: it has pictures in itself, as ``data:`` addresses.
    """
    pictures = "'self' blob: data:" if holds_pictures else "'self' blob:"
    return {
        **picture_headers(),
        "Content-Security-Policy": (
            f"default-src 'self'; img-src {pictures}; form-action 'self' {viewer_origin}".rstrip()
            + f"; {_NOTHING_ELSE}"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }


def picture_headers() -> dict[str, str]:
    """Headers of anything personal: kept nowhere, shown nowhere else."""
    return {
        "Cache-Control": "no-store",
        # Not "no-referrer": a form's own Origin would then be "null", and could not be checked.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def static_headers(max_age_s: int) -> dict[str, str]:
    """Headers of our own script and style, which are public."""
    return {
        "Cache-Control": f"public, max-age={max_age_s}",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def viewer_headers(script_hashes: tuple[str, ...]) -> dict[str, str]:
    """Headers of OHIF's origin. It may load from, and talk to, this origin only.

    ``script_hashes`` are CSP sources of the scripts inside its page. It styles by attributes,
    decodes by WebAssembly in workers made from blobs, and wants an isolated page for shared memory.
    """
    scripts = " ".join(("'self'", "'wasm-unsafe-eval'", *script_hashes))
    return {
        **picture_headers(),
        "Content-Security-Policy": (
            f"default-src 'none'; script-src {scripts}; worker-src 'self' blob:; "
            "connect-src 'self' blob: data:; img-src 'self' blob: data:; font-src 'self' data:; "
            "style-src 'self' 'unsafe-inline'; manifest-src 'self'; form-action 'none'; "
            f"{_NOTHING_ELSE}"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
    }
