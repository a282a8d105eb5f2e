"""Secrets never reach what is written, and what is not a secret does."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.masking import MASK, Secrets, mask_report, mask_value, secrets_of
from diag.model import ApiRequest, Client, Evidence, Fallback, Finding, Fix, Route, Severity, Snippet, Target, Verdict
from diag.observations import Answer, Exchange
from diag.report import BrowserReport, HandshakeReport, Report, RouteReport

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.s1gn4tur3"


def target(**changes):
    page = Route("proxy", "ws://app.test/ws")
    return replace(Target("http://app.test", page.url, (page,)), **changes)


def target_with_url(url):
    return target(url=url, routes=(Route("proxy", url),))


HELD = [
    pytest.param(target(headers=(("Authorization", "Bearer t0ken-value"),)), "t0ken-value", id="bearer"),
    pytest.param(target(headers=(("authorization", "t0ken-value"),)), "t0ken-value", id="no-scheme"),
    pytest.param(target(headers=(("Authorization", "Basic dXNlcjpodW50ZXIy"),)), "dXNlcjpodW50ZXIy", id="basic"),
    pytest.param(target(headers=(("Authorization", "Basic dXNlcjpodW50ZXIy"),)), "hunter2", id="basic-password"),
    pytest.param(target(headers=(("Proxy-Authorization", "Basic !not64!"),)), "!not64!", id="proxy-not-base64"),
    pytest.param(target(headers=(("X-Api-Key", "k3y-value"),)), "k3y-value", id="x-api-key"),
    pytest.param(target(headers=(("X-CSRF-Token", "csrf-value"),)), "csrf-value", id="x-csrf-token"),
    pytest.param(target(headers=(("Cookie", "theme=x; sid=c00kie-value"),)), "c00kie-value", id="cookie-header"),
    pytest.param(target(cookies="theme=x; sid=c00kie-value"), "c00kie-value", id="cookies"),
    pytest.param(target(cookies='sid="qu0ted-value"'), "qu0ted-value", id="quoted-cookie"),
    pytest.param(target(cookies="nameless-value"), "nameless-value", id="nameless-cookie"),
    pytest.param(target_with_url("wss://ann:pa55word@app.test/ws"), "pa55word", id="userinfo"),
    pytest.param(target_with_url("wss://ann:pa%3A55word@app.test/ws"), "pa:55word", id="userinfo-encoded"),
    pytest.param(target_with_url("ws://app.test/ws?a=1&access_token=t0ken"), "t0ken", id="query"),
    pytest.param(target_with_url("ws://app.test/ws?ticket=a%2Fb+cd"), "a/b cd", id="query-encoded"),
    pytest.param(target_with_url("ws://app.test/ws#jwt=fragm3nt"), "fragm3nt", id="fragment"),
    pytest.param(
        target(api=(ApiRequest("http://app.test/api", headers=(("Authorization", "Bearer t0ken"),)),)),
        "t0ken",
        id="api-header",
    ),
    pytest.param(target(api=(ApiRequest("http://app.test/api?apikey=k3yk3y"),)), "k3yk3y", id="api-url"),
    pytest.param(
        target(client=Client(fallback=Fallback(request=ApiRequest("http://app.test/?sig=s1gned")))),
        "s1gned",
        id="fallback-url",
    ),
]


@pytest.mark.parametrize(("held", "secret"), HELD)
def test_what_the_target_holds_is_masked_wherever_it_turns_up(held, secret):
    # Given a target with a secret, when a server echoes it in the middle of something else
    masked = secrets_of(held).mask(f"echo[{secret}]")

    # Then it is gone, and what surrounds it stays
    assert masked == f"echo[{MASK}]"


@pytest.mark.parametrize("echo", ["a/b c%d", "a%2Fb%20c%25d", "a%2fb+c%25d", "%61%2Fb%20c%25%64", "a\\/b c%d"])
def test_a_secret_is_found_in_every_spelling(echo):
    # Given a cookie that needs encoding in a URL
    secrets = secrets_of(target(cookies="sid=a/b c%d"))

    # When it comes back encoded in part, in full, in either case, or in a JSON string
    # Then it is masked all the same
    assert secrets.mask(f"<{echo}>") == f"<{MASK}>"


def test_the_longer_secret_wins_over_one_that_it_contains():
    secrets = secrets_of(target(cookies="a=abcd; b=abcdefgh"))

    assert secrets.mask("abcdefgh abcd") == f"{MASK} {MASK}"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        pytest.param("mode=dev&x=1", f"mode={MASK}&x=1", id="behind-its-name"),
        pytest.param("mode%3Ddev", f"mode%3D{MASK}", id="encoded"),
        pytest.param("the dev server at 5173", "the dev server at 5173", id="not-elsewhere"),
        pytest.param("mode=devel", "mode=devel", id="not-a-longer-value"),
        pytest.param("amode=dev", "amode=dev", id="not-a-longer-name"),
    ],
)
def test_a_short_value_is_masked_only_behind_its_name(text, masked):
    secrets = secrets_of(target(cookies="mode=dev"))

    assert secrets.mask(text) == masked


SENT_BY_A_SERVER = [
    pytest.param(
        "Set-Cookie: sid=x1y2; Path=/; HttpOnly", f"Set-Cookie: sid={MASK}; Path=/; HttpOnly", id="set-cookie"
    ),
    pytest.param("set-cookie: path=x1; Max-Age=9", f"set-cookie: path={MASK}; Max-Age=9", id="cookie-named-path"),
    pytest.param("Set-Cookie: a=1; Path=/, b=2", f"Set-Cookie: a={MASK}; Path={MASK}", id="joined-set-cookies"),
    pytest.param("Cookie: a=1; b=2\r\nHost: h", f"Cookie: a={MASK}; b={MASK}\r\nHost: h", id="cookie"),
    pytest.param('Set-Cookie: a="x y"; Secure', f"Set-Cookie: a={MASK}; Secure", id="quoted-cookie"),
    pytest.param("Authorization: Bearer abc", f"Authorization: Bearer {MASK}", id="authorization"),
    pytest.param("authorization: abc", f"authorization: {MASK}", id="authorization-without-scheme"),
    pytest.param("Proxy-Authorization: Basic YTpi", f"Proxy-Authorization: Basic {MASK}", id="proxy-authorization"),
    pytest.param('Authorization: Digest a="b", c="d"', f"Authorization: Digest {MASK}", id="digest"),
    pytest.param("X-Api-Key: k", f"X-Api-Key: {MASK}", id="api-key"),
    pytest.param("curl -H 'Authorization: Bearer a' u", f"curl -H 'Authorization: Bearer {MASK}' u", id="curl"),
    pytest.param(
        '{"authorization": "Bearer a", "x": 1}', f'{{"authorization": "Bearer {MASK}", "x": 1}}', id="headers-as-json"
    ),
    pytest.param("see ws://ann:pw@h/ws", f"see ws://ann:{MASK}@h/ws", id="userinfo"),
    pytest.param("see https://ghp_abc@h/x", f"see https://{MASK}@h/x", id="userinfo-token"),
    pytest.param("ws://h/ws?a=1&token=b&c=2", f"ws://h/ws?a=1&token={MASK}&c=2", id="query"),
    pytest.param("(ws://h/ws?token=b).", f"(ws://h/ws?token={MASK}).", id="query-in-a-sentence"),
    pytest.param("/cb#id_token=b&state=1", f"/cb#id_token={MASK}&state=1", id="fragment"),
    pytest.param("?a=1&amp;sid=b", f"?a=1&amp;sid={MASK}", id="html-escaped"),
    pytest.param("/login?next=%2Fws%3Ftoken%3Db%26c", f"/login?next=%2Fws%3Ftoken%3D{MASK}%26c", id="nested"),
    pytest.param('{"access_token":"a\\"b","n":1}', f'{{"access_token":"{MASK}","n":1}}', id="json-body"),
    pytest.param('{"password": "cut off', f'{{"password": "{MASK}', id="json-body-cut-off"),
    pytest.param(f"got {JWT} back", f"got {MASK} back", id="jwt"),
] + [
    pytest.param(f"http://h/?{name}=v", f"http://h/?{name}={MASK}", id=f"query-{name}")
    for name in (
        *("token", "access_token", "ticket", "key", "api_key", "apikey", "secret", "password", "passwd", "sig"),
        *("signature", "auth", "session", "sid", "jwt", "code", "accessToken", "X-Amz-Signature", "client-secret"),
    )
]


@pytest.mark.parametrize(("text", "masked"), SENT_BY_A_SERVER)
def test_what_a_server_sends_is_masked_by_its_place(text, masked):
    assert Secrets().mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("close code=1006, key: none", id="prose-with-code"),
        pytest.param("the session: opened after 5 ms", id="prose-with-session"),
        pytest.param("Cookie: none was sent", id="no-cookie-pairs"),
        pytest.param("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", id="websocket-nonce"),
        pytest.param("WWW-Authenticate: Bearer realm=x", id="challenge"),
        pytest.param("Access-Control-Allow-Headers: authorization, x-api-key", id="header-names-in-a-list"),
        pytest.param("Access-Control-Allow-Credentials: true", id="allow-credentials"),
        pytest.param("http://localhost:5173/@vite/client", id="at-sign-in-a-path"),
        pytest.param("ws://h/ws?monkey=1&author=2&decode=3&EIO=4", id="names-that-only-end-alike"),
        pytest.param('{"code":0,"message":"Transport unknown"}', id="engine-io-error"),
        pytest.param("", id="empty"),
    ],
)
def test_what_is_no_secret_stays(text):
    assert Secrets().mask(text) == text


PIECES = st.sampled_from(
    (
        *("token=", "?", "&", ";", "Cookie: ", "Set-Cookie: ", "Authorization: ", "Bearer ", "://", "a:b@", "s3cr3t"),
        *("dev", "mode=", '"', "'", "\\", ",", " ", "\r\n", "%3F", "%3D", '{"token":"', "eyJabcdef.abc.def", MASK),
        *("X-Api-Key: ", "Path=/", "=", ":", "-", "."),
    )
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join))
def test_masking_twice_is_masking_once(text):
    secrets = secrets_of(target(cookies="a=s3cr3t; mode=dev"))
    once = secrets.mask(text)

    assert secrets.mask(once) == once
    assert "s3cr3t" not in once


def test_a_mask_that_reveals_the_next_secret_masks_that_too():
    # Given a line in which the first masked value ended where another name begins
    once = Secrets().mask('Set-Cookie: token="{"token":"eyJabcdef.abc.defkey"')

    # Then masking it again changes nothing
    assert Secrets().mask(once) == once


def test_a_masked_target_teaches_no_new_secrets():
    # Given a target that was masked when it was recorded
    recorded = mask_value(target(cookies="sid=c00kie", headers=(("Authorization", "Bearer t0ken"),)), Secrets())

    # When its secrets are asked for again, then the mask itself is none
    assert secrets_of(recorded) == Secrets()


PAIRS = [
    pytest.param(["Authorization", "Bearer abc"], ["Authorization", f"Bearer {MASK}"], id="scheme-stays"),
    pytest.param(["Cookie", "a=1; b=2"], ["Cookie", f"a={MASK}; b={MASK}"], id="cookie-names-stay"),
    pytest.param(["cookie", "nameless"], ["cookie", MASK], id="nameless-cookie"),
    pytest.param(["Set-Cookie", "a=1; Path=/"], ["Set-Cookie", f"a={MASK}; Path=/"], id="attributes-stay"),
    pytest.param(["X-Api-Key", "abc"], ["X-Api-Key", MASK], id="wholly"),
    pytest.param(["X-Api-Key", ""], ["X-Api-Key", ""], id="nothing-to-mask"),
    pytest.param(["Server", "uvicorn"], ["Server", "uvicorn"], id="other-header"),
    pytest.param({"label": "Cookie", "value": "a=1"}, {"label": "Cookie", "value": f"a={MASK}"}, id="evidence"),
    pytest.param({"name": "Cookie", "value": "a=1"}, {"name": "Cookie", "value": f"a={MASK}"}, id="har-header"),
    pytest.param({"authorization": "Bearer a"}, {"authorization": f"Bearer {MASK}"}, id="mapping-of-headers"),
    pytest.param({"cookies": "a=1"}, {"cookies": f"a={MASK}"}, id="cookies-field"),
]


@pytest.mark.parametrize(("value", "masked"), PAIRS)
def test_a_credentials_header_keeps_its_scheme_and_names(value, masked):
    assert mask_value({"deep": [value]}, Secrets()) == {"deep": [masked]}


def test_json_keeps_its_shape():
    # Given JSON of every type, with a secret in a list
    document = {"n": 1, "f": 2.5, "t": True, "z": None, "list": ["abcd", ["x"]], "bytes": []}

    # When it is masked, then only that text differs
    masked = mask_value(document, Secrets(values=("abcd",)))
    assert masked == {**document, "list": [MASK, ["x"]]}
    assert json.loads(json.dumps(masked)) == masked


def test_observations_are_masked_to_the_last_byte():
    # Given a recording in which a server echoes a cookie and sets another
    secrets = secrets_of(target(cookies="sid=c00kie"))
    head = b"HTTP/1.1 403 Forbidden\r\nSet-Cookie: n=new1\r\nX: \xff c00kie\r\n\r\n"
    answer = Answer(403, "Forbidden", "HTTP/1.1", (("Set-Cookie", "n=new1"),), body=b"\x80c00kie\x00", raw_head=head)
    exchange = Exchange("proxy", "browser", "ws://h/?token=abc", (("Cookie", "sid=c00kie"),), answer, 1.5)

    # When it is masked
    masked_exchange, note = mask_value((exchange, 'got {"token":"z"}'), secrets)

    # Then no byte of either is left; numbers and undecodable bytes are
    assert masked_exchange.sent == (("Cookie", f"sid={MASK}"),)
    assert masked_exchange.url == f"ws://h/?token={MASK}"
    assert masked_exchange.answer.headers == (("Set-Cookie", f"n={MASK}"),)
    assert masked_exchange.answer.body == b"\x80" + MASK.encode() + b"\x00"
    assert b"new1" not in masked_exchange.answer.raw_head
    assert b"X: \xff " + MASK.encode() in masked_exchange.answer.raw_head
    assert masked_exchange.took_ms == 1.5
    assert note == f'got {{"token":"{MASK}"}}'


def report_about(examined):
    cause = Finding(
        code="url-bypasses-dev-proxy",
        severity=Severity.ERROR,
        layer="client",
        title="with pr0xy-secret in it",
        detail="the proxy answered",
        route="proxy",
        evidence=(Evidence("Authorization", "Bearer abc"), Evidence("answer", "pr0xy-secret")),
        fix=Fix("send pr0xy-secret", (Snippet(".env", "VITE_URL=ws://h/?token=pr0xy-secret"),)),
        explains=("proxy-target-loopback-in-container",),
    )
    route = RouteReport(
        name="proxy",
        url=examined.url,
        opened=False,
        browser=BrowserReport(False, "failed: pr0xy-secret"),
        phases_ms={"dns": 0.1},
        answered_by=None,
        handshake=HandshakeReport(403, "Forbidden", (("Set-Cookie", "a=b; Secure"),), "pr0xy-secret"),
        heartbeat=None,
        updates=(),
        closed=None,
        idle=None,
        outcome="403",
    )
    return Report(
        command="probe",
        started_at="2027-01-15T10:12:03Z",
        duration_ms=1.0,
        target=examined,
        verdict=Verdict.BROKEN,
        primary_cause=cause.code,
        findings=(cause,),
        routes=(route,),
        api=(),
    )


def test_a_report_is_masked_throughout_and_still_holds_together():
    # Given a report about a target whose cookie values are also words of ours: a route's name, a verdict
    examined = target_with_url("ws://app.test/ws?token=pr0xy-secret")
    examined = replace(examined, cookies="mode=proxy; state=broken; code=url-bypasses-dev-proxy")

    # When it is masked
    masked = mask_report(report_about(examined), secrets_of(examined))

    # Then the secret is nowhere, and route, code and verdict still mean the same
    assert "pr0xy-secret" not in repr(masked)
    assert masked.findings[0].evidence[0] == Evidence("Authorization", f"Bearer {MASK}")
    assert masked.routes[0].handshake.headers == (("Set-Cookie", f"a={MASK}; Secure"),)
    assert masked.target.cookies == f"mode={MASK}; state={MASK}; code={MASK}"
    assert masked.target.page_route.name == masked.routes[0].name == "proxy"
    assert masked.verdict is Verdict.BROKEN
    assert masked.primary is masked.findings[0]
    assert masked.findings[0].explains == ("proxy-target-loopback-in-container",)
    assert mask_report(masked, secrets_of(examined)) == masked


def test_the_original_is_left_alone():
    examined = target(cookies="sid=c00kie")
    document = {"a": ["c00kie"]}

    mask_value(document, secrets_of(examined))

    assert document == {"a": ["c00kie"]}
