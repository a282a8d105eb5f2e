"""What the WebSocket constructor and the browser decide before a packet is sent (WebSockets Standard §3.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diag.browser.csp import blocking_directive, parse_policies
from diag.browser.hosts import AddressSpace, address_space, is_local_by_name, is_loopback
from diag.browser.http_head import is_token
from diag.browser.urls import Url, parse_url, websocket_url

# Fetch Standard §2.9, "bad port", without 4190 and 6679, which Chromium connects to.
BAD_PORTS = frozenset(
    {
        0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
        110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530,
        531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045,
        5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 10080,
    }
)  # fmt: skip

_CONSTRUCT = "Failed to construct 'WebSocket': "


@dataclass(frozen=True, slots=True)
class ContextVerdict:
    """What happens before the network; `problem` is None when a connection is attempted, to `url`.

    `exception` names what the constructor throws: then the page gets no event at all. Otherwise a problem fires
    `error`, and `closes` tells whether a close event (1006) follows it. `message` is the exception's or Chromium's
    console text.
    """

    url: str
    problem: str | None = None
    exception: str | None = None
    message: str | None = None
    closes: bool = False

    @property
    def allowed(self) -> bool:
        """Whether the browser tries to connect."""
        return self.problem is None


def resolve_url(page_url: str, url: str) -> str:
    """Return the ws(s) URL that `new WebSocket(url)` connects to from a page (WebSockets Standard §3.1).

    Relative URLs resolve against the page and http(s) reads as ws(s): `undefined/ws` is a valid URL. Raises
    ValueError when the constructor would throw for the URL.
    """
    target = websocket_url(url, parse_url(page_url))
    refused = _check_url(url, target)
    if refused:
        raise ValueError(refused.message)
    return str(target)


def judge_context(
    page_url: str,
    url: str,
    protocols: Iterable[str] = (),
    csp: str | Iterable[str] | None = None,
    *,
    page_space: AddressSpace | None = None,
    target_space: AddressSpace | None = None,
) -> ContextVerdict:
    """Judge `new WebSocket(url, protocols)` in a page, by Chromium's rules in Chromium's order.

    `csp` is the value of the page's Content-Security-Policy header, or of several. The address spaces are those the
    names resolved to; by default they are read off IP literals and localhost, and a name's is taken for unknown.
    Never raises for what a page may pass.
    """
    base = parse_url(page_url)
    policies = parse_policies([csp] if isinstance(csp, str) else csp or [])
    directives = {name for policy in policies for name in policy.directives}
    target = websocket_url(url, base)
    if target and "upgrade-insecure-requests" in directives:
        target = _upgraded(target)
    refused = _check_url(url, target)
    if refused or target is None:
        return refused or _syntax_error(url, f"The URL '{url}' is invalid.")
    final = str(target)
    page = base or Url("")
    if directive := blocking_directive(policies, target, page):
        return ContextVerdict(final, "csp-connect-src", message=_violation(final, *directive))
    if problem := _check_protocols(tuple(protocols)):
        return _syntax_error(final, problem)
    if page.scheme == "https" and target.scheme == "ws" and not _may_be_insecure(target.host):
        text = "An insecure WebSocket connection may not be initiated from a page loaded over HTTPS."
        return ContextVerdict(final, "mixed-content", "SecurityError", _CONSTRUCT + text)
    if target.effective_port in BAD_PORTS:
        return _unreachable(final, "port-blocked", "net::ERR_UNSAFE_PORT")
    public = "treat-as-public-address" in directives
    client = "public" if public else page_space or _space(page.host)
    if client == "public" and (target_space or _space(target.host)) in {"local", "loopback"}:
        return _unreachable(final, "local-network-access", "net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS")
    return ContextVerdict(final)


def _may_be_insecure(host: str) -> bool:
    """Tell whether mixed content passes: loopback always, the local network since its own check guards it."""
    return is_loopback(host) or is_local_by_name(host)


def _space(host: str) -> AddressSpace | None:
    return "loopback" if is_loopback(host) else address_space(host)


def _syntax_error(url: str, text: str) -> ContextVerdict:
    return ContextVerdict(url, "syntax-error", "SyntaxError", _CONSTRUCT + text)


def _unreachable(url: str, problem: str, error: str) -> ContextVerdict:
    return ContextVerdict(url, problem, message=f"Error in connection establishment: {error}", closes=True)


def _violation(url: str, name: str, value: str) -> str:
    text = f"Connecting to '{url}' violates the following Content Security Policy directive: \"{name} {value}\"."
    if name != "connect-src":
        text += f" Note that 'connect-src' was not explicitly set, so '{name}' is used as a fallback."
    return f"{text} The action has been blocked."


def _upgraded(target: Url) -> Url:
    if target.scheme != "ws" or is_loopback(target.host):
        return target
    return Url("wss", target.host, target.port, target.path, target.query, target.fragment, target.userinfo)


def _check_url(text: str, target: Url | None) -> ContextVerdict | None:
    if target is None:
        return _syntax_error(text, f"The URL '{text}' is invalid.")
    if target.scheme not in {"ws", "wss"}:
        allowed = "'http', 'https', 'ws', or 'wss'"
        return _syntax_error(text, f"The URL's scheme must be either {allowed}. '{target.scheme}' is not allowed.")
    if target.fragment is not None:
        # The Standard drops fragments since 2023; Chromium still throws.
        text = f"The URL contains a fragment identifier ('{target.fragment}')."
        return _syntax_error(str(target), f"{text} Fragment identifiers are not allowed in WebSocket URLs.")
    return None


def _check_protocols(protocols: tuple[str, ...]) -> str | None:
    for protocol in protocols:
        if not is_token(protocol):
            return f"The subprotocol '{_escaped(protocol)}' is invalid."
    for index, protocol in enumerate(protocols):
        if protocol in protocols[:index]:
            return f"The subprotocol '{protocol}' is duplicated."
    return None


def _escaped(protocol: str) -> str:
    return "".join(
        "\\\\" if char == "\\" else char if " " <= char <= "~" else f"\\u{ord(char):04X}" for char in protocol
    )
