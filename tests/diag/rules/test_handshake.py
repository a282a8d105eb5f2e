"""101 received, and what a browser makes of it."""

from __future__ import annotations

import pytest

DEFLATE = "permessage-deflate"


def offering(*subprotocols: str):
    """A page whose socket offers these subprotocols, answered with this 101."""
    return lambda s: s.client(subprotocols=subprotocols)


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("accept-missing", lambda s: s.switches("proxy", Sec_WebSocket_Accept=None), id="no accept value"),
        pytest.param(
            "accept-wrong",
            lambda s: s.switches("proxy", Sec_WebSocket_Accept="s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            id="the accept value of RFC 6455's example",
        ),
        pytest.param(
            "upgrade-or-connection-missing-in-101", lambda s: s.switches("proxy", Upgrade=None), id="no Upgrade"
        ),
        pytest.param(
            "upgrade-or-connection-missing-in-101", lambda s: s.switches("proxy", Upgrade="h2c"), id="Upgrade: h2c"
        ),
        pytest.param(
            "upgrade-or-connection-missing-in-101", lambda s: s.switches("proxy", Connection=None), id="no Connection"
        ),
        pytest.param(
            "upgrade-or-connection-missing-in-101",
            lambda s: s.switches("proxy", Connection="keep-alive"),
            id="Connection: keep-alive",
        ),
        pytest.param(
            "subprotocol-not-echoed",
            lambda s: offering("bots.v1")(s).switches("proxy", Sec_WebSocket_Protocol=None),
            id="offered, and not answered",
        ),
        pytest.param(
            "subprotocol-mismatch",
            lambda s: offering("bots.v1")(s).switches("proxy", Sec_WebSocket_Protocol="bots.v2"),
            id="another one than offered",
        ),
        pytest.param(
            "subprotocol-mismatch",
            lambda s: offering("bots.v1")(s).switches("proxy", Sec_WebSocket_Protocol="Bots.V1"),
            id="the same in other letters",
        ),
        pytest.param(
            "subprotocol-literal-null",
            lambda s: offering("null")(s).switches("proxy", Sec_WebSocket_Protocol=None),
            id="the text null is offered, and no server has it",
        ),
        pytest.param(
            "subprotocol-literal-null",
            lambda s: offering("undefined")(s).answers("proxy", 400, "no").opens("proxy", "no-subprotocol"),
            id="the text undefined is refused, and without it the server opens",
        ),
        pytest.param(
            "subprotocol-unrequested",
            lambda s: s.switches("proxy", Sec_WebSocket_Protocol="bots.v1"),
            id="answered, and not offered",
        ),
        pytest.param(
            "extension-unoffered",
            lambda s: s.switches("proxy", Sec_WebSocket_Extensions="x-webkit-deflate-frame"),
            id="an extension that nobody offered",
        ),
        pytest.param(
            "extension-unoffered",
            lambda s: s.client(permessage_deflate=False).switches("proxy", Sec_WebSocket_Extensions=DEFLATE),
            id="compression that this client does not offer",
        ),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    report = must_name(tell, code)
    assert report.verdict.value == "broken"
    assert not report.routes[0].opened


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "subprotocol-literal-null", lambda s: offering("null")(s).refused("proxy"), "tcp-refused", id="no server"
        ),
        pytest.param(
            "subprotocol-literal-null", lambda s: offering("null")(s).opens("proxy"), None, id="a server that has it"
        ),
        pytest.param(
            "subprotocol-literal-null",
            lambda s: offering("nullable.v1")(s).switches("proxy", Sec_WebSocket_Protocol=None),
            "subprotocol-not-echoed",
            id="a name that begins like it",
        ),
        pytest.param(
            "accept-missing",
            lambda s: s.switches("proxy", Sec_WebSocket_Accept="nonsense"),
            "accept-wrong",
            id="not missing: it is there, and wrong",
        ),
        pytest.param(
            "accept-wrong",
            lambda s: s.switches("proxy", Sec_WebSocket_Accept=None),
            "accept-missing",
            id="not wrong: gone",
        ),
        pytest.param("accept-wrong", lambda s: s.opens("proxy"), None, id="not wrong: it answers the key"),
        pytest.param(
            "upgrade-or-connection-missing-in-101",
            lambda s: s.switches("proxy", Connection="keep-alive, UPGRADE").session("proxy"),
            None,
            id="not missing: one token of several, in capitals",
        ),
        pytest.param(
            "upgrade-or-connection-missing-in-101",
            lambda s: s.unknown_path("proxy").opens("direct").unknown_path("direct", "no-upgrade"),
            "upgrade-headers-stripped",
            id="not missing in the 101: there is none",
        ),
        pytest.param(
            "subprotocol-not-echoed",
            lambda s: s.switches("proxy").session("proxy"),
            None,
            id="not unanswered: none was offered",
        ),
        pytest.param(
            "subprotocol-not-echoed",
            lambda s: offering("a", "b")(s).switches("proxy", Sec_WebSocket_Protocol="b").session("proxy"),
            None,
            id="not unanswered: the second one was picked",
        ),
        pytest.param(
            "subprotocol-mismatch",
            lambda s: s.switches("proxy", Sec_WebSocket_Protocol="bots.v1"),
            "subprotocol-unrequested",
            id="no mismatch: none was offered",
        ),
        pytest.param(
            "subprotocol-unrequested",
            lambda s: offering("bots.v1")(s).switches("proxy", Sec_WebSocket_Protocol="bots.v2"),
            "subprotocol-mismatch",
            id="not unrequested: one was offered",
        ),
        pytest.param(
            "extension-unoffered",
            lambda s: s.switches("proxy", Sec_WebSocket_Extensions=DEFLATE).session("proxy", deflate=True),
            None,
            id="not unoffered: compression was",
        ),
        pytest.param(
            "extension-unoffered",
            lambda s: s.switches("proxy").violates("proxy", "rsv-bit"),
            "frame-rsv-bit",
            id="not agreed upon at all: compressed frames out of nowhere",
        ),
        pytest.param("http-1-0-101", lambda s: s.opens("proxy"), None, id="not HTTP/1.0: HTTP/1.1"),
        pytest.param(
            "http-1-0-101",
            lambda s: s.switches("proxy", version="HTTP/1.0", Sec_WebSocket_Accept=None),
            "accept-missing",
            id="not merely HTTP/1.0: no browser takes this 101",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_a_101_over_http_1_0_is_remarked_upon_and_breaks_nothing(must_mention) -> None:
    report = must_mention(
        lambda s: s.switches("proxy", version="HTTP/1.0").session("proxy"), "http-1-0-101", primary=None
    )
    assert report.verdict.value == "healthy"


def test_the_direct_route_shows_that_it_is_the_proxys_doing(scene) -> None:
    report = scene.switches("proxy", Sec_WebSocket_Accept=None).opens("direct").report()
    assert [(item.code, item.route) for item in report.findings] == [("accept-missing", "proxy")]


def test_the_same_fault_on_both_routes_is_told_once(scene) -> None:
    report = scene.switches("proxy", Sec_WebSocket_Accept=None).switches("direct", Sec_WebSocket_Accept=None).report()
    assert [(item.code, item.route) for item in report.findings] == [("accept-missing", "proxy")]
