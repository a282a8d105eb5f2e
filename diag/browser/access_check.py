"""The CORS check (Fetch §4, "CORS check"), in the order and with the names of Chromium's errors."""

from __future__ import annotations

from diag.browser.exchange import Pairs, RefusedError
from diag.browser.hosts import address_space
from diag.browser.response_headers import combined
from diag.browser.urls import Url, parse_url

_FIX = "Have the server send the header with a valid value."
_PREFLIGHT = "Response to preflight request doesn't pass access control check: "
_TEXTS = {
    "WildcardOriginNotAllowed": "The value of the 'Access-Control-Allow-Origin' header in the response must not be the"
    " wildcard '*' when the request's credentials mode is 'include'.",
    "MissingAllowOriginHeader": "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
    "MultipleAllowOriginValues": "The 'Access-Control-Allow-Origin' header contains multiple values '{0}', but only one"
    f" is allowed. {_FIX}",
    "InvalidAllowOriginValue": f"The 'Access-Control-Allow-Origin' header contains the invalid value '{{0}}'. {_FIX}",
    "AllowOriginMismatch": "The 'Access-Control-Allow-Origin' header has a value '{0}' that is not equal to the"
    f" supplied origin. {_FIX}",
    "InvalidAllowCredentials": "The value of the 'Access-Control-Allow-Credentials' header in the response is '{0}'"
    " which must be 'true' when the request's credentials mode is 'include'.",
    "PreflightInvalidStatus": f"{_PREFLIGHT}It does not have HTTP ok status.",
    "PreflightDisallowedRedirect": f"{_PREFLIGHT}Redirect is not allowed for a preflight request.",
    "InvalidAllowMethodsPreflightResponse": "Cannot parse Access-Control-Allow-Methods response header field in"
    " preflight response.",
    "InvalidAllowHeadersPreflightResponse": "Cannot parse Access-Control-Allow-Headers response header field in"
    " preflight response.",
    "MethodDisallowedByPreflightResponse": "Method {0} is not allowed by Access-Control-Allow-Methods in preflight"
    " response.",
    "HeaderDisallowedByPreflightResponse": "Request header field {0} is not allowed by Access-Control-Allow-Headers in"
    " preflight response.",
    "RedirectContainsCredentials": "Redirect location '{0}' contains a username and password, which is disallowed for"
    " cross-origin requests.",
    "CorsDisabledScheme": "Cross origin requests are only supported for protocol schemes: data, http, https.",
}


def refused(error: str, parameter: str = "") -> RefusedError:
    """A refusal by CORS with Chromium's explanation; the caller says at which URL and from which origin."""
    is_preflight = error.startswith("Preflight") and error not in _TEXTS
    text = _TEXTS[error.removeprefix("Preflight") if is_preflight else error].format(parameter)
    return RefusedError((_PREFLIGHT if is_preflight else "") + text, error=error, net_error="net::ERR_FAILED")


def check_access(headers: Pairs, *, origin: str, with_credentials: bool, prefix: str = "") -> None:
    """Raise RefusedError unless the answer's headers let `origin` read it. `prefix`: `Preflight` for a preflight.

    The comparison is byte by byte, so a trailing slash or an upper-case letter is a mismatch. Chromium tells four
    kinds of wrong value apart, where the standard and Firefox know only failure.
    """
    allowed = combined(headers, "access-control-allow-origin")
    if error := _origin_error(allowed, origin, with_credentials):
        raise refused(prefix + error, allowed or "")
    credentials = combined(headers, "access-control-allow-credentials")
    if with_credentials and credentials != "true":
        raise refused(f"{prefix}InvalidAllowCredentials", credentials or "")


def check_resource_policy(headers: Pairs, url: Url, page: Url | None) -> None:
    """Raise RefusedError where Cross-Origin-Resource-Policy keeps a foreign no-cors answer back (Fetch §3.7).

    Two sites are told apart by scheme and the last two labels of the host, which is right except below public
    suffixes of more than one label (`co.uk`).
    """
    policy = combined(headers, "cross-origin-resource-policy")
    if policy == "same-origin":
        net_error = "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin"
    elif policy == "same-site" and (page is None or _site(page) != _site(url)):
        net_error = "net::ERR_BLOCKED_BY_RESPONSE.NotSameSite"
    else:
        return
    raise RefusedError(f"The answer's Cross-Origin-Resource-Policy is '{policy}'.", net_error=net_error)


def _site(url: Url) -> tuple[str, str]:
    is_name = address_space(url.host) is None
    return url.scheme, ".".join(url.host.split(".")[-2:]) if is_name else url.host


def _origin_error(allowed: str | None, origin: str, with_credentials: bool) -> str | None:
    if allowed is None:
        return "MissingAllowOriginHeader"
    if allowed == "*":
        return "WildcardOriginNotAllowed" if with_credentials else None
    if allowed == origin:
        return None
    if " " in allowed or "," in allowed:
        return "MultipleAllowOriginValues"
    return "AllowOriginMismatch" if allowed == "null" or _is_url(allowed) else "InvalidAllowOriginValue"


def _is_url(value: str) -> bool:
    """Whether Chromium's URL parser accepts the value; the header's bytes are read as UTF-8."""
    return parse_url(value.encode("latin-1", "replace").decode("utf-8", "replace")) is not None
