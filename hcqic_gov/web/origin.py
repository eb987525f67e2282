"""Where a request comes from, as keyed hashes: its address, and its browser by a signed cookie of its own."""

import hashlib
import hmac
import ipaddress
import secrets

from flask import Response, after_this_request, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from hcqic_gov.people.sign_ins import FORGOTTEN_AFTER, Origin

COOKIE = "hcqic_browser"


def origin() -> Origin:
    """Of this request; a browser that never signed in here has an address only."""
    browser = g.get("new_browser") or browser_sent()
    address = hashed(f"address {network(request.remote_addr or '')}")
    return Origin(address, hashed(f"browser {browser}") if browser else "")


def remember_browser() -> None:
    """After a sign-in: the browser gets a number of its own, which says nothing about the person."""
    if browser_sent():
        return
    g.new_browser = secrets.token_urlsafe(24)
    value = signer().dumps(g.new_browser)

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            COOKIE,
            value,
            max_age=FORGOTTEN_AFTER,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
        return response


def browser_sent() -> str:
    try:
        sent = signer().loads(request.cookies.get(COOKIE, ""), max_age=int(FORGOTTEN_AFTER.total_seconds()))
    except BadSignature:
        return ""
    return sent if isinstance(sent, str) else ""


def signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="browser")


def network(address: str) -> str:
    """An IPv6 subscriber has a whole /64: its addresses count as one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def hashed(text: str) -> str:
    return hmac.digest(str(current_app.secret_key).encode(), text.encode(), hashlib.sha256).hex()[:32]
