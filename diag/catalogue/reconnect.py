"""The page's policy after a lost connection: when it tries again, and when it stops."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import snippet
from diag.model import Fix, Severity

_SCHEDULE = snippet(
    "Browser code",
    """
    const BASE_MS = 5_000, CAP_MS = 30_000, STABLE_MS = 5_000
    let failures = 0
    function connect() {
      const socket = new WebSocket(url)
      let stable
      socket.addEventListener('open', () => {
        stable = setTimeout(() => { failures = 0 }, STABLE_MS)  // not at once: open is not health
      })
      socket.addEventListener('close', () => {
        clearTimeout(stable)
        const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** failures++)
        setTimeout(connect, Math.random() * ceiling)  // full jitter, and no last attempt
      })
    }
    """,
)
_TERMINAL = snippet(
    "Browser code",
    """
    socket.addEventListener('close', (event) => {
      if (event.code === 1008 || (event.code >= 4400 && event.code < 4500)) {
        signIn().then(connect)  // a new token first; the same one is refused again
      } else {
        reconnectLater()
      }
    })
    """,
)
_WSDIAG = snippet(
    "wsdiag.yaml",
    """
    client:
      reconnect: {attempts: 20, interval: 5s, backoff: exponential, max_interval: 30s}
    """,
)
_AWS = "AWS Architecture Blog: Exponential Backoff and Jitter"

ENTRIES = (
    Entry(
        code="retry-window-too-short",
        severity=Severity.ERROR,
        layer="session",
        title="The client stops trying before the server is back",
        explanation=(
            "All attempts are used up while the server is still away. An ordinary deployment or a change of network "
            "takes longer than the policy waits. Whatever comes after the last attempt, polling or nothing at all, "
            "then stays, because nobody tries any more when the server is there again."
        ),
        recognised=(
            "The last attempt comes before the end of the outage. Told apart from fallback-permanent, which is what "
            "the page does afterwards."
        ),
        fix=Fix(
            "Keep trying for minutes, with 30 to 60 s at most between attempts, and then offer a button.",
            (_SCHEDULE, _WSDIAG),
        ),
        sources=("hypothesis/h#2987", "multica#5036", _AWS),
        browser="Attempts end; what the page shows afterwards is its own choice.",
    ),
    Entry(
        code="retry-gives-up-silently",
        severity=Severity.ERROR,
        layer="session",
        title="The client gives up and only a reload helps",
        explanation=(
            "The policy's attempts are used up, there is no fallback, and nothing tries again. The page keeps its last "
            "values on the screen. Unless it says so and offers a way back, the user takes them for current."
        ),
        recognised=(
            "No attempt after the last one, although the server is back, and no REST polling. Told apart from "
            "fallback-permanent by the absence of polls."
        ),
        fix=Fix(
            "Say that the connection is lost, offer a button, and try again when the page or the network comes back.",
            (
                snippet(
                    "Browser code",
                    """
                    function gaveUp() {
                      banner.textContent = 'Live updates are lost.'
                      retryButton.hidden = false
                      window.addEventListener('online', connect, { once: true })
                      document.addEventListener('visibilitychange', () => document.hidden || connect(), { once: true })
                    }
                    """,
                ),
                _SCHEDULE,
            ),
        ),
        sources=("5stack-panel#387",),
        browser="Nothing happens any more; the last values stay on the screen.",
    ),
    Entry(
        code="retry-resets-on-open",
        severity=Severity.ERROR,
        layer="session",
        title="An open that does not last resets the backoff",
        explanation=(
            "The client sets its count of attempts back as soon as a socket opens. A server that accepts and drops at "
            "once is then asked again after the shortest delay, for ever. The policy never gets to its end, so neither "
            "does the fallback begin, and the page is without data all the time."
        ),
        recognised=(
            "Several sessions in a row that last less than 5 s, each followed by the same shortest delay. Told apart "
            "from retry-no-backoff, where no socket opens, and from accept-then-drop, which is the server's part."
        ),
        fix=Fix("Set the count back when a socket has been open for 5 s or more.", (_SCHEDULE,)),
        sources=("destinygg/chat-gui#872",),
        browser=browser.DROPPED,
    ),
    Entry(
        code="retry-no-jitter",
        severity=Severity.WARNING,
        layer="session",
        title="All clients would reconnect at the same moment",
        explanation=(
            "The delays have no random part. Every client that a restart disconnects comes back in the same second, "
            "and the server that has just started gets all of them at once. Single clients notice nothing of it."
        ),
        recognised=(
            "The delays between attempts are the policy's own numbers to the hundredth. Told apart from "
            "retry-no-backoff, where they do not grow either."
        ),
        fix=Fix("Wait a random time between nothing and the delay (full jitter).", (_SCHEDULE,)),
        sources=("hocuspocus#175", "novu#5321", _AWS),
        degrades=False,
    ),
    Entry(
        code="retry-no-backoff",
        severity=Severity.WARNING,
        layer="session",
        title="The delay between attempts does not grow",
        explanation=(
            "Attempt after attempt comes after the same short delay. While the server is away every open page keeps "
            "asking at full speed, which slows its return."
        ),
        recognised=(
            "Three attempts after the same loss with equal delays below 30 s. Told apart from retry-resets-on-open, "
            "where each attempt opens."
        ),
        fix=Fix("Double the delay with every failed attempt, up to 30 or 60 s.", (_SCHEDULE,)),
        sources=("hocuspocus#175", "novu#5321", _AWS),
        degrades=False,
    ),
    Entry(
        code="retry-not-on-clean-close",
        severity=Severity.WARNING,
        layer="session",
        title="The client does not reconnect after a clean close",
        explanation=(
            "The server ended the session in good order (1000, 1001 or 1012), as it does when it restarts, and the "
            "client takes that for the end of the matter. The page stays without updates until it is reloaded."
        ),
        recognised=(
            "A Close frame with 1000, 1001, 1005 or 1012, and no attempt, poll or message after it. Told apart from "
            "retry-gives-up-silently, where attempts were made."
        ),
        fix=Fix(
            "Reconnect after every close that the user did not ask for.",
            (
                snippet(
                    "Browser code",
                    """
                    socket.addEventListener('close', () => { if (!leaving) reconnectLater() })  // whatever the code
                    window.addEventListener('pagehide', () => { leaving = true; socket.close(1001) })
                    """,
                ),
            ),
        ),
        sources=("RFC 6455, section 7.4.1 (1001, 1012)",),
        browser=browser.closes(1012),
    ),
    Entry(
        code="retry-on-terminal",
        severity=Severity.WARNING,
        layer="session",
        title="The client repeats what was refused for good",
        explanation=(
            "The server says that it does not want this client (1008, 44xx, 401 or 403), and the client asks again in "
            "the same way. The answer will not change before something else does, a token for instance. Meanwhile the "
            "user is not told to sign in."
        ),
        recognised=(
            "Two or more such refusals, each followed by another attempt. Told apart from close-policy-or-app-auth "
            "and auth-required, which are about the refusal itself."
        ),
        fix=Fix("Stop at a refusal, and get a new token or ask the user to sign in.", (_TERMINAL,)),
        sources=("RFC 6455, section 7.4.1 (1008)",),
        browser=browser.closes(1008),
    ),
)
