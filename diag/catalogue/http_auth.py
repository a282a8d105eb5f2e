"""Credentials of the handshake. The origin has modules of its own."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="auth-required",
        severity=Severity.ERROR,
        layer="http",
        title="The handshake needs credentials",
        explanation=(
            "The server answers the handshake with 401. The browser's WebSocket API cannot set an Authorization "
            "header, so a token that works with curl never arrives from a page; a cookie, a ticket in the URL or a "
            "subprotocol can carry it."
        ),
        recognised=(
            "401, often with WWW-Authenticate. Told apart from auth-forbidden (403 in spite of credentials) and from "
            "close-policy-or-app-auth, which refuses after the opening."
        ),
        fix=Fix(
            "Authenticate the handshake with a cookie, a short-lived ticket in the URL, or the subprotocol list.",
            (
                snippet(
                    "Browser code (a short-lived ticket)",
                    """
                    const answer = await fetch('/api/ticket', { method: 'POST', credentials: 'include' })
                    const { ticket } = await answer.json()
                    const url = new URL('{path}', location.href)
                    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
                    url.searchParams.set('ticket', ticket)
                    const socket = new WebSocket(url)
                    """,
                ),
                snippet("Shell (does a cookie suffice)", "wsdiag probe ws://{proxy}{path} --cookie 'session=VALUE'"),
            ),
        ),
        sources=("RFC 9110, section 15.5.2", "RFC 6455, section 10.5", "measured: Chromium 156"),
        browser=browser.console("HTTP Authentication failed; no valid credentials available"),
        explains=("rest-auth-required", "auth-forbidden"),
    ),
    Entry(
        code="auth-forbidden",
        severity=Severity.ERROR,
        layer="http",
        title="The credentials are not allowed to connect",
        explanation=(
            "The server answers the handshake with 403, whatever the Origin, and the answer depends on the "
            "credentials: the account lacks a role or scope, or the token is for another audience. A 403 is not an "
            "origin problem until proven."
        ),
        recognised=(
            "403 that does not change with Origin and does change with the credentials. Told apart from "
            "origin-rejected by the Origin, from ws-path-not-found by an unknown sibling path (ASGI servers answer "
            "that with an empty 403 too), and from proxy-access-denied by who wrote the answer."
        ),
        fix=Fix(
            "Give the account the role or scope that the endpoint checks, and check why this one lacks it.",
            (
                snippet(
                    "Starlette or FastAPI (say why before refusing)",
                    """
                    @app.websocket("{path}")
                    async def socket(websocket: WebSocket) -> None:
                        user = await user_of(websocket)
                        if not user.may("stream"):
                            logger.warning("%s lacks the scope stream", user.name)
                            await websocket.close(code=1008)  # before accept: the client sees 403
                            return
                        await websocket.accept()
                    """,
                ),
            ),
        ),
        sources=("RFC 9110, section 15.5.4", "miguelgrinberg/python-socketio#1246", "fastapi/fastapi#572"),
        browser=browser.status(403),
        explains=("rest-auth-required",),
    ),
)
