from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from diag import catalogue
from diag.config.errors import ConfigError
from diag.config.filed import Filed
from diag.config.schema import filed
from diag.config.yamlfile import read
from diag.measures import thresholds
from diag.model import ApiRequest, Client, Fallback, Reconnect, Tls
from diag.waivers import Waiver

CODE = next(iter(catalogue.entries()))

EVERY_KEY = f"""\
page: http://localhost:5173
url: ws://localhost:5173/ws
routes: {{proxy: "ws://localhost:5173/ws", direct: "http://localhost:3000/ws"}}
api:
  - http://localhost:5173/api/health
  - {{method: get, url: "http://localhost:5173/api/bots", headers: {{Authorization: "Bearer …"}}, credentials: include}}
client:
  subprotocols: [v2.chat, v1.chat]
  dialect: protocol
  heartbeat: {{interval: 20s, timeout: 5s}}
  answers_pings: false
  permessage_deflate: false
  connect_timeout: 3s
  reconnect: {{attempts: 5, interval: 1s, backoff: fixed, max_interval: 1m}}
  fallback: {{after_attempts: 4, every: 30s, request: "GET http://localhost:5173/api/bots"}}
expect: ["bot:status_change", "system:health_update"]
observe: 7s
idle_limit: 90s
headers: {{X-Tenant: blue}}
cookies: "sid=1; theme=dark"
bearer: t0ken
tls: {{cacert: ca.pem, cert: client.pem, key: client.key, insecure: true}}
resolve: {{App.Corp.Test: 127.0.0.1}}
ignore: [{{code: {CODE}, until: 2027-01-31, reason: "internal network only"}}, {CODE}@2028-01-01]
load: {{jitter: false, thresholds: ["p95(heartbeat_rtt_ms) < 200"]}}
"""


def settings_of(folder: Path, content: str) -> Filed:
    path = folder / "wsdiag.yaml"
    path.write_text(content, "utf-8")
    entry = read(path, str(path))
    assert entry is not None
    return filed(entry)


def refusal(folder: Path, content: str) -> str:
    with pytest.raises(ConfigError) as refused:
        settings_of(folder, content)
    return refused.value.message.removeprefix(f"{folder}/")


def test_every_key_of_the_contract_is_understood(tmp_path: Path) -> None:
    for name in ("ca.pem", "client.pem", "client.key"):
        (tmp_path / name).touch()
    bots = ApiRequest(
        "http://localhost:5173/api/bots", headers=(("Authorization", "Bearer â\x80¦"),), credentials="include"
    )
    assert settings_of(tmp_path, EVERY_KEY) == Filed(
        page="http://localhost:5173",
        url="ws://localhost:5173/ws",
        routes={"proxy": "ws://localhost:5173/ws", "direct": "ws://localhost:3000/ws"},
        api=(ApiRequest("http://localhost:5173/api/health"), bots),
        client=Client(
            subprotocols=("v2.chat", "v1.chat"),
            dialect="protocol",
            heartbeat_interval_s=20.0,
            heartbeat_timeout_s=5.0,
            answers_pings=False,
            permessage_deflate=False,
            connect_timeout_s=3.0,
            reconnect=Reconnect(attempts=5, interval_s=1.0, backoff="fixed", max_interval_s=60.0),
            fallback=Fallback(after_attempts=4, every_s=30.0, request=bots),
        ),
        expect=("bot:status_change", "system:health_update"),
        observe_s=7.0,
        idle_limit_s=90.0,
        headers=(("X-Tenant", "blue"), ("Authorization", "Bearer t0ken")),
        cookies="sid=1; theme=dark",
        tls=Tls(*(str(tmp_path / "ca.pem"), True, str(tmp_path / "client.pem"), str(tmp_path / "client.key"))),
        resolve=(("app.corp.test", "127.0.0.1"),),
        waivers=(Waiver(CODE, date(2027, 1, 31), "internal network only"), Waiver(CODE, date(2028, 1, 1))),
        load={"jitter": False, "thresholds": ["p95(heartbeat_rtt_ms) < 200"]},
        thresholds=(thresholds.parse("p95(heartbeat_rtt_ms) < 200"),),
    )


def test_the_defaults_are_those_of_the_model(tmp_path: Path) -> None:
    found = settings_of(tmp_path, "client: {heartbeat: {}}\nexpect:\nheaders: {}\n")
    assert found == Filed()
    assert found.client == Client()


def test_the_fallback_may_poll_something_that_api_does_not_list(tmp_path: Path) -> None:
    fallback = settings_of(tmp_path, 'client: {fallback: {request: "POST http://h/poll"}}').client.fallback
    assert fallback == Fallback(request=ApiRequest("http://h/poll", "POST"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            "client:\n  heartbeat:\n    interval: abc\n",
            'wsdiag.yaml:3: client.heartbeat.interval: "abc" is not a duration (like 500ms, 5s, 1m)',
            id="duration",
        ),
        pytest.param("pgae: x\n", 'wsdiag.yaml:1: unknown key "pgae"; did you mean page?', id="unknown-key"),
        pytest.param("- page\n", "wsdiag.yaml:1: must be a mapping, not a list", id="list-at-the-top"),
        pytest.param("hello\n", "wsdiag.yaml:1: must be a mapping, not text", id="text-at-the-top"),
        pytest.param("page: [a]\n", "wsdiag.yaml:1: page: must be a value, not a list", id="page-list"),
        pytest.param("page: '*'\n", 'wsdiag.yaml:1: page: "*" has no scheme; write http://*?', id="page"),
        pytest.param("routes: [ws://h/]\n", "wsdiag.yaml:1: routes: must be a mapping, not a list", id="routes-list"),
        pytest.param("routes: {proxy: }\n", "wsdiag.yaml:1: routes.proxy: must be a value, not empty", id="route-null"),
        pytest.param("routes: {a b: 'ws://h/'}\n", 'wsdiag.yaml:1: routes.a b: "a b" is not a route name', id="name"),
        pytest.param("routes: {proxy: 5}\n", 'wsdiag.yaml:1: routes.proxy: "5" has no scheme', id="route-number"),
        pytest.param("api: http://h/\n", "wsdiag.yaml:1: api: must be a list, not text", id="api-text"),
        pytest.param("api:\n  - {method: GET}\n", "wsdiag.yaml:2: api[0]: has no url", id="api-without-url"),
        pytest.param("api: [{url: 'http://h/', creds: x}]\n", "wsdiag.yaml:1: api[0]: unknown key", id="api-key"),
        pytest.param("expect: bot\n", "wsdiag.yaml:1: expect: must be a list, not text", id="expect-text"),
        pytest.param("expect: [1]\n", "wsdiag.yaml:1: expect[0]: must be text, not a number", id="expect-number"),
        pytest.param("observe: 5\n", 'wsdiag.yaml:1: observe: "5" has no unit', id="observe-without-unit"),
        pytest.param("client: {fallback: {every: 0s}}", "wsdiag.yaml:1: client.fallback.every: ", id="busy-loop"),
        pytest.param("client: {dialect: klingon}\n", 'wsdiag.yaml:1: client.dialect: "klingon" is not', id="dialect"),
        pytest.param("headers: {A: }\n", "wsdiag.yaml:1: headers.A: must be text, not empty", id="header-null"),
        pytest.param("headers: {Origin: x}\n", "wsdiag.yaml:1: headers.Origin: Origin cannot be set", id="origin"),
        pytest.param("cookies: [a]\n", "wsdiag.yaml:1: cookies: must be text, not a list", id="cookies"),
        pytest.param("tls: {insecure: 1}\n", "wsdiag.yaml:1: tls.insecure: must be true or false", id="insecure"),
        pytest.param("tls: {cacert: nope.pem}\n", "wsdiag.yaml:1: tls.cacert: there is no file", id="missing-ca"),
        pytest.param("resolve: {h: other}\n", "wsdiag.yaml:1: resolve.h: ", id="resolve-to-a-name"),
        pytest.param("ignore: [{until: 2027-01-31}]\n", "wsdiag.yaml:1: ignore[0]: has no code", id="waiver"),
        pytest.param(f"ignore: [{{code: {CODE}, until: soon}}]", 'wsdiag.yaml:1: ignore[0].until: "soon" is', id="day"),
        pytest.param("ignore: [no-such]\n", 'wsdiag.yaml:1: ignore[0]: "no-such" is not a code', id="code"),
        pytest.param("load: []\n", "wsdiag.yaml:1: load: must be a mapping, not a list", id="load"),
        pytest.param(
            "load: {jiter: false}", 'wsdiag.yaml:1: load: unknown key "jiter"; did you mean jitter?', id="load, a slip"
        ),
        pytest.param("load: {thresholds: x}", "wsdiag.yaml:1: load.thresholds: must be a list, not text", id="text"),
        pytest.param("load: {thresholds: [1]}", "wsdiag.yaml:1: load.thresholds[0]: must be text", id="threshold"),
        pytest.param(
            'load:\n  thresholds:\n    - "p95(heartbeat_rtt) < 200"\n',
            'wsdiag.yaml:3: load.thresholds[0]: "p95(heartbeat_rtt) < 200": there is no metric "heartbeat_rtt"; '
            "did you mean heartbeat_rtt_ms?",
            id="metric",
        ),
        pytest.param(
            "load: {thresholds: [{abort: true}]}",
            "wsdiag.yaml:1: load.thresholds[0]: has no threshold",
            id="abort-of-nothing",
        ),
        pytest.param(
            'load: {thresholds: [{threshold: "count(workers_lost) == 0", delay: 10}]}',
            'wsdiag.yaml:1: load.thresholds[0].delay: "10" has no unit',
            id="delay",
        ),
    ],
)
def test_what_is_not_as_documented_is_one_line_with_file_line_and_key(
    tmp_path: Path, content: str, message: str
) -> None:
    said = refusal(tmp_path, content)
    assert said.startswith(message)
    assert "\n" not in said


def test_a_key_needs_its_certificate(tmp_path: Path) -> None:
    (tmp_path / "client.key").touch()
    assert refusal(tmp_path, "tls: {key: client.key}") == "wsdiag.yaml:1: tls: a key needs its cert"


def test_threshold_may_end_the_run(tmp_path: Path) -> None:
    text = "failed_ratio(sessions) < 0.5"
    (tmp_path / "wsdiag.yaml").write_text(f'load: {{thresholds: [{{threshold: "{text}", abort: true, delay: 10s}}]}}\n')
    found = filed(read(tmp_path / "wsdiag.yaml", "wsdiag.yaml"))
    assert found.thresholds == (thresholds.parse(text, abort=True, delay_s=10),)
