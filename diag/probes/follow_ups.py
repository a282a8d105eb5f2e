"""What to ask because of what was said: Engine.IO's own requests, the size of a message, a REST answer once more.

Pure. Each function gives (route, variant) pairs, or (index of a REST request, variant).
"""

from __future__ import annotations

from diag import engineio
from diag.browser.cors import is_cross_origin
from diag.browser.frame_events import Opcode
from diag.model import Route
from diag.observations import Answer
from diag.seen import AGAIN, FOREIGN, POLLING, Seen
from diag.values import Field, values_of_answer

SIZE_SESSIONS = 8
_SIZE_BYTES = 4 * 1024 * 1024
_SAME_SESSION = 4
"""So often is a fresh session asked for: four times round-robin comes to each of up to four processes."""
_SOON_MS = 1000.0
_TOO_BIG = 1009


def engine_first(seen: Seen) -> list[tuple[Route, str]]:
    """Where the page's socket is Engine.IO: its polling transport, and the protocol's other revision if it refuses."""
    page = seen.page
    if not engineio.speaks(seen.target) or seen.exchange(page) is None:
        return []
    refused = not seen.opens(page) and engineio.refusal(seen.answer(page)) == "unsupported-version"
    return [(page, POLLING), *([(page, other_version(page.url))] if refused else [])]


def engine_second(seen: Seen) -> list[tuple[Route, str]]:
    """The session that polling began, asked for over connections of their own: each process knows only its own."""
    page, packet = seen.page, engineio.open_packet(seen.answer(seen.page, POLLING))
    if packet is None or not seen.opens(page) or "websocket" not in packet.upgrades:
        return []
    return [(page, f"sid={packet.sid};{number}") for number in range(1, _SAME_SESSION + 1)]


def engine_session(seen: Seen) -> list[tuple[Route, str]]:
    """The protocol's other revision, where a session is ended at once."""
    session = seen.session(seen.page)
    if session is None or session.closed is None or not engineio.speaks(seen.target):
        return []
    return [(seen.page, other_version(seen.page.url))] if session.closed.after_ms < _SOON_MS else []


def other_version(url: str) -> str:
    """The variant with Engine.IO's other revision: 4 is that of Socket.IO 3 and 4, 3 that of Socket.IO 1 and 2."""
    return "eio=4" if engineio.asked(url).get("EIO") == "3" else "eio=3"


def sizes(seen: Seen) -> list[tuple[Route, str]]:
    """After a Close 1009 upon our own message: the next size to try, halving what is between taken and refused."""
    page, session = seen.page, seen.session(seen.page)
    closed = session.closed if session else None
    if session is None or closed is None or closed.code != _TOO_BIG or not session.sent_total:
        return []
    tried = seen.sizes(page)
    if not tried:
        beat = seen.dialect(session).beat("0" * 36, 10**12)
        largest = max((len(frame.payload) for frame in beat if frame.opcode == Opcode.TEXT), default=0)
        return [(page, f"size={largest}")] if 1 < largest <= _SIZE_BYTES // SIZE_SESSIONS else []
    refused = [size for size, taken in tried.items() if taken is False]
    taken = [size for size, taken in tried.items() if taken]
    if None in tried.values() or not refused or len(tried) >= SIZE_SESSIONS:
        return []
    low, high = max(taken, default=0), min(refused)
    return [(page, f"size={(low + high) // 2}")] if high - low > 1 else []


def rest(seen: Seen) -> list[tuple[int, str]]:
    """A credentialed GET that this page may read: may any page? And the answers that contradict what was pushed."""
    return [*_reflecting(seen), *_contradicting(seen)]


def _reflecting(seen: Seen) -> list[tuple[int, str]]:
    found = []
    for call in seen.calls:
        api, answer = seen.target.api[call.index], call.final
        if api.credentials != "include" or api.method.upper() != "GET" or not isinstance(answer, Answer):
            continue
        allowed = answer.header("access-control-allow-origin") == seen.target.page
        with_credentials = answer.header("access-control-allow-credentials") == "true"
        if allowed and with_credentials and is_cross_origin(seen.target.page, api.url):
            found.append((call.index, FOREIGN))
    return found[:1]


def _contradicting(seen: Seen) -> list[tuple[int, str]]:
    session = seen.session(seen.page)
    pushed = {Field(row.key, row.id, row.field): row.value for row in session.settled} if session else {}
    found = []
    for call in seen.calls:
        if call.method.upper() != "GET" or not pushed:
            continue
        answered = values_of_answer(call.final)
        if any(answered.get(field, value) != value for field, value in pushed.items()):
            found.append((call.index, AGAIN))
    return found
