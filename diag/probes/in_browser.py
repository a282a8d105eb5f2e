"""The same WebSockets and requests once more, by a real Chromium on a page of the target's origin."""

from __future__ import annotations

import json
from typing import Any

from diag.model import ApiRequest, Route, Target
from diag.observations import BrowserTry
from diag.wire.chromium import Page, chromium

_LIMIT_S = 8.0
_PREFIX = "WebSocket connection to '%s' failed: "
_SOCKET = """new Promise(done => {
  const out = {opened: false};
  let socket;
  try { socket = new WebSocket(%(url)s, %(protocols)s); }
  catch (error) { done({...out, thrown: error.name + ": " + error.message}); return; }
  socket.onopen = () => { out.opened = true; setTimeout(() => socket.close(), 50); };
  socket.onclose = event => done({...out, code: event.code});
  setTimeout(() => done(out), %(limit)d);
})"""
_FETCH = """fetch(%(url)s, {method: %(method)s, headers: %(headers)s, credentials: %(credentials)s,
  signal: AbortSignal.timeout(%(limit)d)})
  .then(answer => ({opened: true, status: answer.status}), error => ({opened: false, thrown: String(error)}))"""


def observe(target: Target, program: str, policies: tuple[str, ...]) -> list[BrowserTry]:
    """What Chromium decides on every route and REST request; ChromiumError when the browser fails.

    `policies` are the page's Content-Security-Policy headers, for the empty page that stands in where the real one
    cannot be opened.
    """
    with chromium(program, _switches(target)) as page:
        headers = [{"name": "Content-Security-Policy", "value": value} for value in policies]
        page.open(f"{target.page}/", [{"name": "Content-Type", "value": "text/html"}, *headers])
        sockets = [_socket(page, target, route) for route in target.routes]
        return sockets + [_fetch(page, api) for api in target.api]


def _switches(target: Target) -> tuple[str, ...]:
    """Name overrides as the browser's own; certificates of an authority of ours cannot be told to it otherwise."""
    rules = ",".join(f"MAP {host} {address}" for host, address in target.resolve)
    lax = target.tls.insecure or target.tls.cacert is not None
    return (
        *((f"--host-resolver-rules={rules}",) if rules else ()),
        *(("--ignore-certificate-errors",) if lax else ()),
    )


def _socket(page: Page, target: Target, route: Route) -> BrowserTry:
    script = _SOCKET % {
        "url": json.dumps(route.url),
        "protocols": json.dumps(list(target.client.subprotocols)),
        "limit": min(target.client.connect_timeout_s, _LIMIT_S) * 1000,
    }
    return _try(page, "websocket", route.name, route.url, script)


def _fetch(page: Page, api: ApiRequest) -> BrowserTry:
    script = _FETCH % {
        "url": json.dumps(api.url),
        "method": json.dumps(api.method),
        "headers": json.dumps([list(pair) for pair in api.headers]),
        "credentials": json.dumps(api.credentials),
        "limit": _LIMIT_S * 1000,
    }
    return _try(page, "fetch", None, api.url, script)


def _try(page: Page, kind: str, route: str | None, url: str, script: str) -> BrowserTry:
    page.console.clear()
    value: dict[str, Any] = page.evaluate(script) or {}
    page.evaluate("1")  # one more turn, so that the console's entry about this one has come
    said = next((text.removeprefix(_PREFIX % url) for text in page.console if url in text), None)
    thrown = value.get("thrown")
    code = value.get("code")
    return BrowserTry(
        kind=kind,
        route=route,
        url=url,
        opened=value.get("opened") is True,
        close_code=code if isinstance(code, int) else None,
        message=said or (str(thrown) if thrown else None),
    )
