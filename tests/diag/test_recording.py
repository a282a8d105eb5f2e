"""Recordings: what was seen is judged again as it was live, secrets stay out, and what is no recording says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from diag.lab import Lab
from diag.masking import mask_report, secrets_of
from diag.model import Client, Route, Target, Tls
from diag.observations import Environment
from diag.recording import FORMAT, Recording, dump, load
from diag.rules import judge
from diag.runner import probe
from reports import Options
from reports.json import render

SECRETS = ("s3cr3t-cookie", "s3cr3t-bearer", "s3cr3t-ticket", "s3cr3t-issued")


def report_of(recording: Recording) -> dict[str, Any]:
    return json.loads(render(judge(recording), Options(80, False)))


def small(recording: Recording) -> dict[str, Any]:
    return json.loads(dump(recording, masked=False))


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        pytest.param((), None, id="healthy"),
        pytest.param(("incident",), "url-bypasses-dev-proxy", id="incident"),
        pytest.param(("strip-upgrade",), "upgrade-headers-stripped", id="strip-upgrade"),
        pytest.param(("spa-fallback",), "spa-fallback-200", id="spa-fallback"),
        pytest.param(("upstream-down",), "vite-proxy-target-down", id="upstream-down"),
        pytest.param(("bad-accept",), "accept-wrong", id="bad-accept"),
        pytest.param(("close-1008",), "close-policy-or-app-auth", id="close-1008"),
        pytest.param(("cors-duplicate",), "cors-duplicate-acao", id="cors-duplicate"),
        pytest.param(("snake-case",), "api-field-case-mismatch", id="snake-case"),
    ],
)
def test_a_run_against_the_lab_is_judged_alike_from_its_recording(fault: tuple[str, ...], cause: str | None) -> None:
    with Lab(fault, push_interval_s=0.2) as lab:
        live = probe(replace(lab.target(), observe_s=0.6))
    again = load(dump(live, masked=False))
    assert again == live
    assert report_of(again) == report_of(live)
    assert judge(live).primary_cause == cause


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        pytest.param(
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n\xff\x00\xe9\n", "ws-path-not-found", id="404"
        ),
        pytest.param(b"SSH-2.0-OpenSSH\xff\r\n", "port-wrong-protocol", id="another protocol"),
        pytest.param(
            b"HTTP/1.1 302 Found\r\nLocation: /l\xf6gin\r\n\r\n", "handshake-redirected", id="latin-1 in a header"
        ),
        pytest.param(b"", "tcp-reset-in-handshake", id="closed without a word"),
    ],
)
def test_a_run_against_a_scripted_server_is_judged_alike(answering, data: bytes, cause: str) -> None:
    route = Route("proxy", f"ws://127.0.0.1:{answering(data).port}/ws")
    live = probe(Target(route.origin, route.url, (route,), client=Client(connect_timeout_s=2.0)))
    again = load(dump(live, masked=False))
    assert again == live
    assert report_of(again) == report_of(live)
    assert judge(again).primary_cause == cause


def test_an_interrupted_run_stays_one(scene) -> None:
    scene.opens("proxy").interrupted = True
    assert load(dump(scene.recording(), masked=True)).interrupted


@pytest.fixture
def secretive(answering) -> Recording:
    """A run whose target holds secrets, and whose server repeats them and issues another."""
    body = b'{"seen": "s3cr3t-cookie", "token": "s3cr3t-issued"}'
    head = b"HTTP/1.1 403 Forbidden\r\nSet-Cookie: sid=s3cr3t-issued; Path=/\r\nContent-Type: application/json\r\n"
    port = answering(head + b"Content-Length: %d\r\n\r\n" % len(body) + body).port
    route = Route("proxy", f"ws://127.0.0.1:{port}/ws?ticket=s3cr3t-ticket")
    headers = (("Authorization", "Bearer s3cr3t-bearer"),)
    return probe(Target(route.origin, route.url, (route,), headers=headers, cookies="session=s3cr3t-cookie"))


def test_secrets_are_masked_wherever_they_turn_up(secretive: Recording) -> None:
    text, plain = dump(secretive, masked=True), dump(secretive, masked=False)
    assert [secret for secret in SECRETS if secret in text] == []
    assert [secret for secret in SECRETS if secret in plain] == list(SECRETS)
    assert "session=•••" in json.loads(text)["target"]["cookies"]


def test_a_masked_recording_is_judged_alike_up_to_the_masks(secretive: Recording) -> None:
    masked = load(dump(secretive, masked=True))
    secrets = secrets_of(secretive.target)
    live, again = (mask_report(judge(recording), secrets) for recording in (secretive, masked))
    assert [finding.code for finding in again.findings] == [finding.code for finding in live.findings]
    assert again.findings == live.findings
    assert (again.verdict, again.primary_cause) == (live.verdict, live.primary_cause)


def test_masking_what_is_masked_changes_nothing(secretive: Recording) -> None:
    text = dump(secretive, masked=True)
    assert dump(load(text), masked=True) == text


def test_every_field_of_a_target_survives() -> None:
    route = Route("own", "wss://app.test/ws")
    target = Target(
        page="https://app.test",
        url=route.url,
        routes=(route,),
        client=Client(subprotocols=("a", "b"), answers_pings=False, permessage_deflate=False),
        expect=("x",),
        count=3,
        headers=(("X-A", "1"), ("X-A", "2")),
        tls=Tls(insecure=True),
        resolve=(("app.test", "127.0.0.1"),),
        family=4,
        deadline_s=1.5,
    )
    recording = Recording(target, "2027-01-15T10:12:03.418Z", 1.0, (Environment(("http_proxy",)),))
    assert load(dump(recording, masked=False)) == recording


# What is no recording


def changed(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Sets what stands at `target.client.dialect`, `observations.0.status` and the like."""

    def change(document: Any) -> None:
        *parents, last = (int(name) if name.isdigit() else name for name in path.split("."))
        for name in parents:
            document = document[name]
        document[last] = value

    return change


def without(path: str) -> Callable[[dict[str, Any]], None]:
    def change(document: Any) -> None:
        *parents, last = path.split(".")
        for name in parents:
            document = document[int(name) if name.isdigit() else name]
        del document[last]

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(without("wsdiag_recording"), "no wsdiag_recording in it", id="no mark"),
        pytest.param(
            changed("wsdiag_recording", 99), f"of format 99; this wsdiag reads format {FORMAT}", id="a later format"
        ),
        pytest.param(without("target"), "target is not an object", id="no target"),
        pytest.param(changed("target", []), "target is not an object", id="a target that is a list"),
        pytest.param(without("target.page"), "target lacks 'page'", id="a target without its page"),
        pytest.param(changed("target.colour", "red"), "target has an unknown 'colour'", id="a field from elsewhere"),
        pytest.param(
            changed("target.url", "ws://x/"), "target.url is the URL of none of its routes", id="a foreign URL"
        ),
        pytest.param(changed("target.routes", "x"), "target.routes is not a list", id="routes that are text"),
        pytest.param(changed("target.routes", [{"name": "a"}]), "target.routes[0] lacks 'url'", id="half a route"),
        pytest.param(
            changed("target.routes.1.url", "http://localhost/"), "target.routes[1].url is no ws or wss URL", id="http"
        ),
        pytest.param(
            changed("target.routes.1.url", "ws://[::1/"),
            "target.routes[1].url is no ws or wss URL",
            id="half an address",
        ),
        pytest.param(
            changed("target.routes.1.url", "ws://a:99999/"),
            "target.routes[1].url is no ws or wss URL",
            id="no such port",
        ),
        pytest.param(changed("target.api.0.url", "ftp://a/"), "target.api[0].url is no http or https URL", id="ftp"),
        pytest.param(
            changed("target.client.dialect", "klingon"), "dialect 'klingon' is none of wsdiag's", id="a dialect"
        ),
        pytest.param(
            changed("target.headers", [["a"]]), "target.headers[0] has 1 parts instead of 2", id="half a header"
        ),
        pytest.param(changed("target.observe_s", "5"), "target.observe_s is not float", id="a number that is text"),
        pytest.param(changed("target.observe_s", True), "target.observe_s is not float", id="a number that is true"),
        pytest.param(changed("target.count", 1.5), "target.count is not int", id="half a count"),
        pytest.param(changed("started_at", None), "started_at is not str", id="no time"),
        pytest.param(changed("duration_ms", 10**400), "duration_ms is not float", id="an astronomic number"),
        pytest.param(changed("duration_ms", float("nan")), "duration_ms is not float", id="not a number"),
        pytest.param(without("observations"), "observations is not a list", id="no observations"),
        pytest.param(changed("observations", 5), "observations is not a list", id="a number of observations"),
        pytest.param(changed("observations", {"a": 1}), "observations is not a list", id="an object of observations"),
        pytest.param(changed("observations.0", None), "observations[0] is of no known kind", id="nothing"),
        pytest.param(
            changed("observations.0.observation", "Target"), "observations[0] is of no known kind", id="no observation"
        ),
        pytest.param(
            changed("observations.0.observation", ["Exchange"]), "observations[0] is of no known kind", id="a list"
        ),
        pytest.param(
            without("observations.0.outcome"), "observations[0] lacks 'outcome'", id="an exchange without one"
        ),
        pytest.param(changed("observations.0.outcome", None), "observations[0].outcome is not an object", id="null"),
        pytest.param(
            changed("observations.0.outcome", {"stage": "tcp"}),
            "observations[0].outcome lacks 'reason'",
            id="half of one",
        ),
        pytest.param(
            changed("observations.0.attempts", [7]), "observations[0].attempts[0] is not an object", id="an attempt"
        ),
        pytest.param(
            changed("observations.2.index", 3), "observations[2] is of no request in target.api", id="an index"
        ),
        pytest.param(
            changed("observations.2.url", "http://b/"), "observations[2] is of no request in target.api", id="its URL"
        ),
    ],
)
def test_what_is_no_recording_says_so_in_one_line(scene, change, complaint: str) -> None:
    scene.opens("proxy").rest("http://localhost:5173/api", scene.answer(200))
    document = small(scene.recording())
    change(document)
    with pytest.raises(ValueError, match="recording") as failure:
        load(json.dumps(document))
    assert complaint in str(failure.value)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("{", id="cut off"),
        pytest.param("[]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param("[" * 100_000, id="nested without end"),
    ],
)
def test_what_is_no_json_object_says_so_too(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S") as failure:
        load(text)
    assert "\n" not in str(failure.value)
