"""REST requests that are refused for what they are, or for how many."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue._consequences import READS_AS_CORS
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="rest-bad-request",
        severity=Severity.ERROR,
        layer="rest",
        title="The server rejects a REST request as malformed",
        explanation=(
            "A request without a body gets 400 or 422: a parameter or header that the server demands is missing or "
            "has the wrong form, or the server does not know the Host under which it is called. The page's fetch "
            "resolves all the same, with ok false."
        ),
        recognised=(
            "400 or 422 to a GET or HEAD of the page. Told apart from api-endpoint-missing (404), rest-auth-required "
            "(401 or 403) and host-not-allowed, which concerns the socket too and changes with Host."
        ),
        fix=Fix(
            "Read what the answer says is missing, and send it.",
            (
                snippet("Shell (the server's own words)", "curl -sS -i {page}/api/health"),
                snippet(
                    "Browser code",
                    """
                    const answer = await fetch('/api/health')
                    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
                    """,
                ),
            ),
        ),
        sources=("RFC 9110, sections 15.5.1 and 15.5.21", "FastAPI documentation: Handling Errors"),
        browser="The network panel shows 400 or 422; fetch resolves with ok false.",
        explains=READS_AS_CORS,
    ),
    Entry(
        code="rest-rate-limited",
        severity=Severity.ERROR,
        layer="rest",
        title="REST requests are rate-limited",
        explanation=(
            "The server answers 429: this client, or all users behind its address, asked too often. A page that falls "
            "back to polling asks more often than before, just when it has no other way, and locks itself out."
        ),
        recognised=(
            "429 to a REST request, perhaps with Retry-After. Told apart from handshake-rate-limited, which refuses "
            "the socket's handshakes, and from rest-gateway-error (503)."
        ),
        fix=Fix(
            "Poll more rarely, obey Retry-After, and give the fallback's endpoint a limit that it can keep.",
            (
                snippet(
                    "Browser code",
                    """
                    const answer = await fetch('/api/bots')
                    if (answer.status === 429) {
                      const seconds = Number(answer.headers.get('Retry-After')) || 30
                      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
                    }
                    """,
                ),
            ),
        ),
        sources=("RFC 6585, section 4", "RFC 9110, section 10.2.3"),
        browser="The network panel shows 429; fetch resolves with ok false.",
        explains=READS_AS_CORS,
    ),
)
