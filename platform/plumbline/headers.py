"""Security headers of every response, errors and static files included (ASVS 5.0 V3.4)."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)

ALWAYS = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


def init_app(app: Flask) -> None:
    """Set the headers; a view that sets one itself (evidence: a stricter policy) keeps its own."""
    always = [*ALWAYS]
    if app.config["SESSION_COOKIE_SECURE"]:
        always.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))

    def set_headers(response: Response) -> Response:
        headers = response.headers
        location = headers.get("Location")
        if location:
            response.location = _without_our_host(location)
        there = {name.lower() for name, _value in headers}
        for name, value in always:
            if name.lower() not in there:
                headers.add(name, value)
        if not request.path.startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")
            if "vary" in there:
                response.vary.add("Cookie")
            else:
                headers.add("Vary", "Cookie")
        return response

    app.after_request(set_headers)


def _without_our_host(location: str) -> str:
    """Leave out of a redirect within the site the host, which is what the asker said it is (the router's)."""
    parts = urlsplit(location)
    if not parts.netloc or parts.netloc != request.host:
        return location
    return "/" + parts._replace(scheme="", netloc="").geturl().lstrip("/")
