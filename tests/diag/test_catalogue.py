"""The catalogue is the documentation: every entry is complete, consistent, and its snippets are accepted by what they
are written for.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path
from textwrap import indent

import pytest
import trustme
import yaml

from diag.catalogue import LAYERS, Entry, UnknownCodeError, entries, entry, finding
from diag.model import Severity, Snippet

PLACES = {
    "path": "/ws",
    "backend": "127.0.0.1:3000",
    "page": "http://localhost:5173",
    "page_host": "localhost:5173",
    "host": "app.example",
    "proxy": "localhost:5173",
}

CODES = {
    ("client", "error"): """
        url-bypasses-dev-proxy client-url-wrong port-blocked-by-browser mixed-content-blocked csp-connect-src-blocked
        local-network-access-blocked""",
    ("client", "warning"): "browser-disagrees",
    ("client", "info"): "forward-proxy-in-path",
    ("dns", "error"): "dns-name-not-resolved",
    ("tcp", "error"): """
        tcp-refused tcp-loopback-family-mismatch tcp-timeout tcp-reset-in-handshake port-wrong-protocol
        wrong-server-on-port dev-server-port-drift forward-proxy-blocks-upgrade local-descriptors-exhausted
        local-ports-exhausted""",
    ("tls", "error"): """
        tls-chain-incomplete tls-sni-misroute h2-connect-advertised-but-broken
        tls-on-plain-port plain-on-tls-port tls-cert-untrusted tls-cert-name-mismatch tls-cert-expired
        tls-handshake-failed alpn-h2-only http2-only-port gateway-upstream-scheme-mismatch gateway-upstream-tls""",
    ("http", "error"): """
        spa-fallback-200 http-200-not-websocket vite-proxy-rule-missing vite-proxy-ws-disabled proxy-ws-disabled
        vite-proxy-target-down vite-rewrite-breaks-path vite-allowed-hosts dev-server-hmr-collision
        upgrade-headers-stripped connection-header-not-upgrade upstream-http-1-0 ws-path-not-found
        ws-path-trailing-slash redirect-to-https redirect-to-login handshake-redirected auth-required auth-forbidden
        host-not-allowed wrong-vhost handshake-rate-limited connection-limit request-headers-too-large
        upgrade-required-426 server-error-in-handshake server-lacks-ws-support gateway-upstream-refused
        gateway-no-backend gateway-upstream-timeout gateway-bad-upstream-answer cdn-blocks-websocket
        plain-client-to-socketio socketio-wrong-path
        socketio-version-mismatch socketio-not-sticky proxy-route-missing proxy-path-mismatch proxy-access-denied
        proxy-drops-handshake-headers proxy-protocol-unexpected one-upstream-bad backend-hang response-head-too-large
        response-head-slow location-shadowed cdn-cached-handshake middlebox-strips-upgrade unexplained""",
    ("http", "info"): "method-not-get",
    ("http", "warning"): "ws-version-unsupported socketio-polling-only",
    ("handshake", "error"): """
        accept-missing accept-wrong upgrade-or-connection-missing-in-101 subprotocol-not-echoed subprotocol-mismatch
        subprotocol-unrequested subprotocol-literal-null extension-unoffered tunnel-stalled""",
    ("handshake", "warning"): "handshake-slow",
    ("handshake", "info"): "http-1-0-101",
    ("origin", "error"): """
        origin-rejected origin-host-rewritten origin-rewritten-by-proxy origin-allowlist-typo cswsh-open
        dev-proxy-erases-origin origin-port-stripped origin-scheme-mismatch origin-allowlist-weak""",
    ("origin", "warning"): "origin-null-rejected",
    ("origin", "info"): "origin-required",
    ("frames", "error"): """
        frame-rsv-bit frame-masked-by-server frame-bad-opcode frame-invalid-utf8 frame-invalid""",
    ("session", "error"): """
        close-protocol-error-1002 message-too-big-1009 close-policy-or-app-auth accept-then-drop close-internal-1011
        close-abnormal-1006 backend-handler-crash dropped-after-n-messages fallback-permanent fallback-silent
        retry-window-too-short retry-gives-up-silently retry-resets-on-open""",
    ("session", "warning"): """
        close-restart close-reserved-code closed-by-server max-lifetime retry-no-jitter retry-no-backoff
        retry-not-on-clean-close retry-on-terminal refresh-leaks-session""",
    ("session", "info"): "close-not-echoed",
    ("heartbeat", "error"): """
        pong-missing heartbeat-unanswered server-keepalive-timeout idle-timeout-proxy idle-timeout-backend
        heartbeat-margin-thin backend-event-loop-blocked half-open-undetected""",
    ("heartbeat", "warning"): """
        pong-late pong-wrong-payload heartbeat-late heartbeat-correlation-mismatch proxy-delays-frames
        app-heartbeat-missing rtt-degraded""",
    ("updates", "warning"): "ws-rest-value-divergence",
    ("heartbeat", "info"): "control-frames-do-not-count",
    ("updates", "error"): """
        ws-connected-but-no-updates api-field-case-mismatch messages-lost-on-reconnect ui-stale-but-green""",
    ("cors", "error"): """
        cors-origin-not-allowed cors-preflight-rejected cors-preflight-redirected cors-credentials-wildcard
        cors-duplicate-acao""",
    ("cors", "warning"): """
        cors-missing-on-errors cors-vary-missing cors-reflects-any-origin cors-dev-only-pass""",
    ("cors", "info"): "cors-not-the-cause",
    ("rest", "error"): """
        api-endpoint-missing rest-timeout rest-unhealthy rest-gateway-error rest-auth-required rest-fallback-missing
        rest-spa-fallback rest-unreachable rest-bad-request rest-rate-limited""",
}  # fmt: skip
"""Which codes there are: their layer and how severe they are."""

ADVICE = frozenset(
    {
        "browser-disagrees",
        "retry-no-backoff",
        "retry-no-jitter",
        "forward-proxy-in-path",
        "http-1-0-101",
        "handshake-slow",
        "cswsh-open",
        "method-not-get",
        "origin-allowlist-weak",
        "origin-required",
        "dev-proxy-erases-origin",
        "close-not-echoed",
        "control-frames-do-not-count",
        "cors-not-the-cause",
        "cors-vary-missing",
        "cors-reflects-any-origin",
        "cors-dev-only-pass",
        "app-heartbeat-missing",
    }
)
"""The page does not suffer from these."""

LANGUAGES = (
    (r"\bshell\b|^Shell", "shell"),
    (r"^nginx", "nginx"),
    (r"^HAProxy", "haproxy"),
    (r"^(Vite|webpack|Browser code|Node|Express|React|Socket\.IO|uWebSockets|http-proxy-middleware)", "javascript"),
    (r"^(Starlette|FastAPI|Django|Tornado|aiohttp|Pydantic|Python|wsproto)|\(Python", "python"),
    (r"^(compose\.yaml|Kubernetes|Envoy|Traefik|wsdiag\.yaml)", "yaml"),
    (r"^(Apache|Caddy|Cloudflare|Go|HTML|Java |ModSecurity|Rails|Squid|Varnish|Set-Cookie|\.env)", "unchecked"),
)
"""What a snippet is written in, by what it is for; the first match counts."""

EVERY = pytest.mark.parametrize("known", [pytest.param(known, id=code) for code, known in entries().items()])


def language(where: str) -> str | None:
    return next((name for pattern, name in LANGUAGES if re.search(pattern, where)), None)


def snippets(wanted: str) -> list[object]:
    """Each different snippet of that language with its places filled in, once, named by the first code that has it."""
    found: dict[str, str] = {}
    for code in entries():
        for number, snippet in enumerate(finding(code, "", values=PLACES).fix.snippets):
            if language(snippet.where) == wanted:
                found.setdefault(snippet.text, f"{code}-{number}")
    return [pytest.param(text, id=name) for text, name in found.items()]


def accepts(*command: str) -> None:
    """The program accepts the file; what it said is the failure."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the snippets call /etc/ssl/site."""
    folder = tmp_path_factory.mktemp("site")
    authority = trustme.CA()
    site = authority.issue_cert("app.example")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    site.private_key_pem.write_to_path(folder / "privkey.pem")
    for number, part in enumerate(site.cert_chain_pems):
        part.write_to_path(folder / "fullchain.pem", append=number > 0)
    site.private_key_and_cert_chain_pem.write_to_path(folder / "haproxy.pem")
    return folder


def test_every_code_has_an_entry_in_its_layer_with_its_severity() -> None:
    expected = {code: key for key, codes in CODES.items() for code in codes.split()}

    assert {code: (known.layer, known.severity.value) for code, known in entries().items()} == expected


def test_the_entries_are_in_the_order_of_the_layers() -> None:
    layers = [LAYERS.index(known.layer) for known in entries().values()]

    assert layers == sorted(layers)


def test_only_advice_leaves_the_page_unharmed() -> None:
    assert {code for code, known in entries().items() if not known.degrades} == ADVICE


def test_an_unknown_code_is_an_error() -> None:
    with pytest.raises(UnknownCodeError):
        entry("no-such-code")


def test_titles_are_not_repeated() -> None:
    titles = Counter(known.title for known in entries().values())

    assert [title for title, times in titles.items() if times > 1] == []


@EVERY
def test_an_entry_says_what_happens_how_it_is_recognised_and_how_it_is_fixed(known: Entry) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", known.code)
    assert 10 <= len(known.title) <= 60
    assert not known.title.endswith(".")
    assert 2 <= len(re.findall(r"[.?](?=\s|$)", known.explanation)) <= 5
    assert known.recognised.endswith(".")
    assert known.fix.summary.endswith(".")
    assert known.sources
    assert all(source.strip() for source in known.sources)
    assert known.browser is None or known.browser.strip()


@EVERY
def test_an_entry_is_told_apart_from_a_neighbour(known: Entry) -> None:
    neighbours = {code for code in entries() if code != known.code and code in known.recognised}

    assert neighbours or "told apart" in known.recognised.lower() or known.code == "unexplained"


@EVERY
def test_the_codes_that_a_text_names_exist(known: Entry) -> None:
    words = re.findall(r"(?<![\w-])[a-z0-9]+(?:-[a-z0-9]+){2,}(?![\w-])", known.explanation + known.recognised)
    ordinary = {"hop-by-hop", "webpack-dev-server", "http-proxy-middleware"}

    assert set(words) - ordinary <= set(entries())


@EVERY
def test_the_style_is_calm(known: Entry) -> None:
    prose = " ".join((known.title, known.explanation, known.recognised, known.fix.summary, known.browser or ""))

    assert "!" not in prose
    assert "  " not in prose


@EVERY
def test_only_the_known_places_are_filled_in(known: Entry) -> None:
    place = re.compile(r"\{([a-z_]+)\}")
    filled = [known.fix.summary, *(snippet.text for snippet in known.fix.snippets)]
    verbatim = [known.title, known.explanation, known.recognised, known.browser or ""]

    assert {name for text in filled for name in place.findall(text)} <= set(PLACES)
    assert not any(place.search(text) for text in [*verbatim, *(snippet.where for snippet in known.fix.snippets)])


@EVERY
def test_an_error_comes_with_something_to_paste(known: Entry) -> None:
    assert len(known.fix.snippets) <= 9
    assert known.fix.snippets or known.severity is not Severity.ERROR


@EVERY
def test_a_snippet_is_for_something_known(known: Entry) -> None:
    assert [snippet.where for snippet in known.fix.snippets if language(snippet.where) is None] == []


@EVERY
def test_what_an_entry_explains_exists_and_is_named_once(known: Entry) -> None:
    assert set(known.explains) <= set(entries()) - {known.code}
    assert len(set(known.explains)) == len(known.explains)


def test_nothing_explains_its_own_cause() -> None:
    TopologicalSorter({code: known.explains for code, known in entries().items()}).prepare()


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_advice_explains_nothing(code: str) -> None:
    assert entry(code).explains == ()


@pytest.mark.parametrize(
    ("cause", "consequence"),
    [
        ("url-bypasses-dev-proxy", "origin-rejected"),
        ("url-bypasses-dev-proxy", "cors-origin-not-allowed"),
        ("tcp-refused", "rest-unreachable"),
        ("tcp-loopback-family-mismatch", "vite-proxy-target-down"),
        ("upgrade-headers-stripped", "ws-path-not-found"),
        ("upgrade-headers-stripped", "upgrade-required-426"),
        ("upgrade-headers-stripped", "http-200-not-websocket"),
        ("upgrade-headers-stripped", "server-lacks-ws-support"),
        ("proxy-path-mismatch", "api-endpoint-missing"),
        ("proxy-path-mismatch", "auth-forbidden"),
        ("vite-rewrite-breaks-path", "proxy-path-mismatch"),
        ("vite-proxy-ws-disabled", "proxy-ws-disabled"),
        ("host-not-allowed", "rest-auth-required"),
        ("gateway-upstream-refused", "rest-gateway-error"),
        ("gateway-no-backend", "rest-gateway-error"),
        ("gateway-upstream-timeout", "rest-gateway-error"),
        ("gateway-bad-upstream-answer", "rest-gateway-error"),
        ("gateway-upstream-tls", "rest-gateway-error"),
        ("gateway-upstream-scheme-mismatch", "rest-gateway-error"),
        ("vite-proxy-target-down", "rest-gateway-error"),
        ("origin-host-rewritten", "origin-rejected"),
        ("idle-timeout-proxy", "close-abnormal-1006"),
        ("idle-timeout-proxy", "heartbeat-margin-thin"),
        ("idle-timeout-backend", "accept-then-drop"),
        ("backend-handler-crash", "heartbeat-unanswered"),
        ("backend-handler-crash", "ws-connected-but-no-updates"),
        ("rest-gateway-error", "cors-missing-on-errors"),
    ],
)
def test_a_cause_explains_its_consequence(cause: str, consequence: str) -> None:
    assert consequence in entry(cause).explains


@pytest.mark.parametrize(
    ("code", "other"),
    [
        ("cors-origin-not-allowed", "origin-rejected"),
        ("origin-rejected", "cors-origin-not-allowed"),
        ("ws-path-not-found", "upgrade-headers-stripped"),
        ("auth-required", "origin-rejected"),
        ("rest-gateway-error", "gateway-upstream-refused"),
        ("heartbeat-unanswered", "ws-connected-but-no-updates"),
        ("backend-hang", "vite-proxy-rule-missing"),
        ("tcp-refused", "tcp-loopback-family-mismatch"),
    ],
)
def test_a_finding_does_not_hide_another_cause(code: str, other: str) -> None:
    assert other not in entry(code).explains


def test_the_fix_of_a_finding_is_filled_in() -> None:
    fix = finding("vite-proxy-rule-missing", "nothing answers the upgrade", values=PLACES).fix

    assert fix.summary == "Add a rule for /ws with ws: true to server.proxy."
    assert "'/ws': { target: 'ws://127.0.0.1:3000', ws: true }" in fix.snippets[0].text


@pytest.mark.parametrize("text", snippets("nginx"))
def test_an_nginx_upgrade_is_always_whole(text: str) -> None:
    parts = ("map $http_upgrade $connection_upgrade {", "proxy_http_version 1.1;", "Upgrade $http_upgrade;")

    assert {part in text for part in parts} in ({True}, {False})


@pytest.mark.peers
@pytest.mark.parametrize("text", snippets("nginx"))
def test_nginx_accepts_the_snippet(text: str, tmp_path: Path, certificates: Path, peer: Callable[[str], str]) -> None:
    text = text.replace("/etc/ssl/site", str(certificates))
    text = re.sub(r"listen (80|443)\b", r"listen 127.0.0.1:18\1", text)  # a user's port; -t binds it for a moment
    blocks: dict[str, list[str]] = {"http": [], "server": []}
    block = "server"
    for line in text.splitlines():
        mark = re.fullmatch(r"# in the (http|server) block", line)
        block = mark[1] if mark else block
        blocks[block].append(line)
    server = ["server {", "listen 127.0.0.1:18080;", *blocks["server"], "}"] if blocks["server"] else []
    conf = tmp_path / "nginx.conf"
    head = [f"pid {tmp_path}/nginx.pid;", "error_log stderr;", "events {}", "http {", "access_log off;"]
    conf.write_text("\n".join([*head, *blocks["http"], *server, "}"]) + "\n")

    accepts(peer("nginx"), "-t", "-e", "stderr", "-p", str(tmp_path), "-c", str(conf))


@pytest.mark.peers
@pytest.mark.parametrize("text", snippets("haproxy"))
def test_haproxy_accepts_the_snippet(text: str, tmp_path: Path, certificates: Path, peer: Callable[[str], str]) -> None:
    timeouts = "    mode http\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n"
    entrance = "frontend entrance\n    bind 127.0.0.1:18080\n"
    if "backend app" in text:
        entrance += "    default_backend app\n"
    conf = tmp_path / "haproxy.cfg"
    filled = text.replace("/etc/ssl/site", str(certificates))
    conf.write_text(f"global\n    ssl-server-verify none\ndefaults\n{timeouts}{filled}\n{entrance}")

    accepts(peer("haproxy"), "-c", "-f", str(conf))


@pytest.mark.peers
@pytest.mark.parametrize("text", snippets("javascript"))
def test_the_javascript_parses(text: str, tmp_path: Path, peer: Callable[[str], str]) -> None:
    module = tmp_path / "snippet.mjs"
    module.write_text(text)

    accepts(peer("node"), "--check", str(module))


@pytest.mark.parametrize("text", snippets("python"))
def test_the_python_parses(text: str) -> None:
    assert ast.parse("async def snippet():\n" + indent(text, "    ")).body


@pytest.mark.parametrize("text", snippets("yaml"))
def test_the_yaml_parses(text: str) -> None:
    assert isinstance(yaml.safe_load(text), dict)


@pytest.mark.parametrize("text", snippets("shell"))
def test_the_shell_parses(text: str) -> None:
    accepts("bash", "-n", "-c", text)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("nginx (http block)", "nginx"),
        ("Node (shell)", "shell"),
        ("Node (ws)", "javascript"),
        ("Kubernetes ingress-nginx", "yaml"),
        ("websockets (Python)", "python"),
        ("Fortran", None),
    ],
)
def test_the_language_of_a_snippet_is_known_by_what_it_is_for(where: str, expected: str | None) -> None:
    assert language(Snippet(where, "").where) == expected
