from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

import diag
from diag.browser.handshake import accept_value
from diag.cli import cli

WSDIAG = [sys.executable, "-c", "from diag.cli import main; main()"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(diag.__file__).parents[1]), "COLUMNS": "80"}
PONG = b'{"type":"pong"}'
QUICK = ("--dialect", "plain", "-i", "50ms", "-W", "400ms")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def frame(payload: bytes, opcode: int = 1) -> bytes:
    size = len(payload)
    return bytes([0x80 | opcode, size] if size < 126 else [0x80 | opcode, 126, size >> 8, size & 255]) + payload


def received(stream: Any) -> tuple[int, bytes]:
    """A client's next short frame, unmasked; EOFError at the end of the stream."""
    head = stream.read(2)
    if len(head) < 2:
        raise EOFError
    mask, data = stream.read(4), stream.read(head[1] & 0x7F)
    return head[0] & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))


def answer(connection: socket.socket, stream: Any, beats: int = 1_000_000) -> None:
    """Answers so many beats, and every ping and Close."""
    with suppress(OSError, EOFError):
        while beats:
            opcode, payload = received(stream)
            if opcode in (8, 9):
                connection.sendall(frame(payload, opcode if opcode == 8 else 10))
            else:
                beats -= 1
                connection.sendall(frame(PONG))


@pytest.fixture
def speaking(serve: Callable[..., Any]) -> Callable[..., str]:
    """`speaking(script, …)`: the URL of a server that shakes hands and plays a script for each connection, the last
    one for all that follow. A script gets the connection and its input as a file."""

    def start(*scripts: Callable[[socket.socket, Any], None]) -> str:
        turns = iter(scripts)

        def handle(connection: socket.socket) -> None:
            script = next(turns, scripts[-1])
            with connection.makefile("rb") as stream:
                lines = list(iter(stream.readline, b"\r\n"))
                key = next(line.split()[1] for line in lines if line.lower().startswith(b"sec-websocket-key"))
                connection.sendall(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: " + accept_value(key.decode()).encode() + b"\r\n\r\n"
                )
                script(connection, stream)

        return f"ws://127.0.0.1:{serve(handle).port}/ws"

    return start


@pytest.fixture
def vanished() -> Iterator[threading.Event]:
    """What a server waits for that has stopped reading and answering."""
    event = threading.Event()
    yield event
    event.set()


def watch(*args: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["watch", *args], env=environment)


def events_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == kind]


class Running:
    """The real command, its output read line by line."""

    def __init__(self, *args: str) -> None:
        self.process = subprocess.Popen(
            [*WSDIAG, "watch", *args],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert self.process.stdout
        self.out = self.process.stdout

    def until(self, text: str) -> str:
        """The first line from here on that has this text."""
        for line in self.out:
            if text in line:
                return line
        raise AssertionError(f"no {text}; {self.process.stderr.read() if self.process.stderr else ''}")

    def interrupted(self) -> tuple[int, str, str]:
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture
def running() -> Iterator[Callable[..., Running]]:
    """`running(…)`: `wsdiag watch …` in a process of its own; it is gone at the end of the test."""
    started: list[Running] = []

    def start(*args: str) -> Running:
        started.append(Running(*args))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()


def test_a_line_for_each_beat_and_a_summary_as_ping_has_it() -> None:
    done = watch("--lab", "-c", "3", "-i", "100ms")
    lines = done.stdout.splitlines()
    assert (done.exit_code, done.stderr) == (0, "")
    assert re.fullmatch(r"WATCH ws://localhost:\d+/ws, a beat \(orchestration\) every 100 ms, lost after 2 s", lines[0])
    assert re.fullmatch(r" +0\.\d s  open, handshake .* ms", lines[1])
    for number, line in enumerate(lines[2:5], 1):
        assert re.fullmatch(rf" +0\.\d s  beat {number} +[\d.]+ ms   pong [\d.]+ ms", line), line
    assert "heartbeats: 3 sent, 3 answered, 0 lost (0.0%)" in lines
    assert lines[-1].startswith("quality: ")
    assert max(map(len, lines[1:])) < 80


def test_ndjson_is_one_documented_object_a_line() -> None:
    done = watch("--lab", "-c", "3", "-i", "100ms", "--format", "ndjson")
    events = events_of(done.stdout)
    assert [event["event"] for event in events[:3]] == ["start", "attempt", "opened"]
    assert [event["event"] for event in events[-2:]] == ["ended", "summary"]
    answered = [event for event in of(events, "answered") if event["beat"] == "application"]
    assert [event["number"] for event in answered] == [1, 2, 3]
    summary = events[-1]
    assert summary["beats"]["application"]["rtt_ms"]["p50"] == sorted(event["rtt_ms"] for event in answered)[1]
    assert {update["type"] for update in summary["updates"]} >= {"bot:status_change", "system:health_update"}
    assert (summary["interrupted"], summary["sessions"]) == (False, {"opened": 1, "reconnects": 0, "refused": 0})
    documented = watch("--help").stdout
    names = {event["event"] for event in events} | {key for event in events for key in event}
    assert {name for name in names if not re.search(rf"\b{name}\b", documented)} == set()


def test_an_unreachable_target_says_so_and_is_not_counted(refusing: str) -> None:
    done = watch(refusing, "-c", "3")
    assert done.exit_code == 1
    assert "connection failed: tcp-refused (Nothing listens on this port)" in done.stdout
    assert done.stdout.endswith("quality: lost (no session is open)\n")
    assert "wsdiag probe" in done.stdout


def test_without_a_count_it_waits_for_a_target_that_comes_later(refusing: str) -> None:
    done = watch(refusing, "--deadline", "300ms", "--format", "ndjson")
    events = events_of(done.stdout)
    assert (done.exit_code, of(events, "waiting")[0]["delay_ms"]) == (1, 10_000.0)
    assert events[-1]["duration_ms"] >= 300


def test_a_black_hole_is_said_in_words(speaking: Callable[..., str], vanished: threading.Event) -> None:
    def three_and_then_nothing(connection: socket.socket, stream: Any) -> None:
        answer(connection, stream, 3)
        vanished.wait(60)

    done = watch(speaking(three_and_then_nothing), *QUICK, "--deadline", "2s")
    vanished.set()
    assert re.search(r"closed 1006: half-open: no answer for 0\.4 s, nothing arrived for \d\.\d s", done.stdout)
    assert re.search(r"beat 4 +no answer within 400 ms", done.stdout)
    assert "attempt 1 of 3 in 10 s" in done.stdout
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (1, "quality: lost (no session is open)")


def test_a_server_that_vanishes_and_comes_back_is_a_reconnect(speaking: Callable[..., str], tmp_path: Path) -> None:
    url = speaking(lambda connection, stream: answer(connection, stream, 2), answer)
    Path("wsdiag.yaml").write_text(
        f"url: {url}\npage: http://127.0.0.1\nroutes: {{direct: '{url}'}}\n"
        "client: {dialect: plain, reconnect: {attempts: 3, interval: 50ms}}\n",
        "utf-8",
    )
    done = watch("-i", "50ms", "-c", "12", "--format", "ndjson")
    events = events_of(done.stdout)
    assert done.exit_code == 0
    assert events[-1]["sessions"] == {"opened": 2, "reconnects": 1, "refused": 0}
    assert events[-1]["closed"] == {"1006": 1}
    beats = events[-1]["beats"]["application"]
    assert (beats["sent"], beats["answered"] + beats["missed"]) == (12, 12)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"\xff" * 64, "", id="garbage"),
        pytest.param(frame(b"\xff\xfe"), "UTF-8", id="invalid-utf8"),
        pytest.param(frame(b"\x03\xf0" + "späte Rache".encode(), 8), "späte Rache", id="close-1008"),
        pytest.param(frame(b"\x0f\xa0\x1b]0;owned\x07", 8), r"\x1b]0;owned\x07", id="escape-codes"),
    ],
)
def test_what_a_server_sends_is_told_and_never_acts(speaking: Callable[..., str], data: bytes, reason: str) -> None:
    done = watch(speaking(lambda connection, _: connection.sendall(data)), *QUICK, "--deadline", "1s")
    assert done.exit_code == 1
    assert re.search(r"closed \d{4}: .", done.stdout)
    assert reason in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"pong", id="no-json"),
        pytest.param(b'{"type":"pong"', id="half-json"),
        pytest.param(b"[" * 120, id="nested"),
        pytest.param(b'{"type":["pong"]}', id="wrong-type"),
    ],
)
def test_garbage_for_an_answer_is_no_answer(speaking: Callable[..., str], reply: bytes) -> None:
    def garble(connection: socket.socket, stream: Any) -> None:
        with suppress(OSError, EOFError):
            while True:
                opcode, payload = received(stream)
                connection.sendall(frame(payload, 10) if opcode == 9 else frame(reply))

    done = watch(speaking(garble), *QUICK, "--deadline", "1500ms")
    assert done.exit_code == 1
    assert "closed 1006: heartbeat unanswered for 0.4 s, though other frames arrive" in done.stdout
    assert "messages came, but no answer: does the server speak plain?" in done.stdout


def test_a_flood_is_counted_and_holds_nothing_up(speaking: Callable[..., str]) -> None:
    lot = b"".join(frame(b'{"type":"tick","seq":%d}' % number) for number in range(1000))

    def flood(connection: socket.socket, _: Any) -> None:
        with suppress(ConnectionError):
            while True:
                connection.sendall(lot)
                with suppress(BlockingIOError):
                    answer(connection, io.BytesIO(connection.recv(65536, socket.MSG_DONTWAIT)))

    done = watch(speaking(flood), "--dialect", "plain", "-i", "50ms", "-c", "10", "-W", "20s")
    assert done.exit_code == 0, done.stdout
    found = re.search(r"^tick: (\d+)", done.stdout, re.MULTILINE)
    assert found
    assert int(found[1]) > 10_000
    assert "heartbeats: 10 sent, 10 answered" in done.stdout


def test_ctrl_c_prints_the_summary_and_exits_130(running: Callable[..., Running]) -> None:
    command = running("--lab", "-i", "50ms")
    command.until("beat 2 ")
    code, out, err = command.interrupted()
    assert (code, err) == (130, "")
    assert "round trip min/avg/max/stddev = " in out
    assert out.splitlines()[-1].startswith("quality: ")


def test_ctrl_c_ends_ndjson_with_a_whole_line(running: Callable[..., Running]) -> None:
    command = running("--lab", "-i", "50ms", "--format", "ndjson")
    command.until('"answered"')
    code, out, _ = command.interrupted()
    assert (code, events_of(out)[-1]["interrupted"]) == (130, True)


def test_ctrl_c_is_heard_while_a_handshake_hangs(serve: Callable[..., Any], running: Callable[..., Running]) -> None:
    asked = threading.Event()

    def say_nothing(connection: socket.socket) -> None:
        connection.recv(1)
        asked.set()
        while connection.recv(4096):
            pass

    command = running(f"ws://127.0.0.1:{serve(say_nothing).port}/ws")
    assert asked.wait(30)
    code, out, _ = command.interrupted()
    assert (code, out.splitlines()[-1]) == (130, "quality: lost (no session is open)")


def test_the_deadline_ends_a_handshake_that_hangs(serve: Callable[..., Any]) -> None:
    def say_nothing(connection: socket.socket) -> None:
        while connection.recv(4096):
            pass

    done = watch(f"ws://127.0.0.1:{serve(say_nothing).port}/ws", "--deadline", "300ms")
    assert (done.exit_code, "connection failed: http-timeout" in done.stdout) == (1, True)


def test_a_reader_that_goes_away_ends_it(running: Callable[..., Running]) -> None:
    command = running("--lab", "-i", "50ms")
    command.until("beat 1 ")
    command.out.close()
    assert command.process.wait(30) == 0


def test_secrets_are_masked_unless_asked_for(speaking: Callable[..., str]) -> None:
    url = speaking(answer) + "?token=hunter2hunter2"
    for format_ in ("text", "ndjson"):
        shown = watch(url, *QUICK, "-c", "1", "--format", format_).stdout
        assert ("hunter2" in shown, "token=" in shown) == (False, True)
    assert "hunter2hunter2" in watch(url, *QUICK, "-c", "1", "--show-secrets").stdout


def test_the_page_s_heartbeat_may_be_mute_while_pongs_come() -> None:
    done = watch("--fault", "mute-heartbeat", "-i", "200ms", "-W", "500ms", "--deadline", "2s", "--format", "ndjson")
    beats = events_of(done.stdout)[-1]["beats"]
    assert (done.exit_code, beats["application"]["answered"], beats["application"]["loss"]) == (1, 0, 1.0)
    assert beats["protocol"]["answered"] > 0


def test_silent_sessions_look_for_idle_limits_beside_it(speaking: Callable[..., str]) -> None:
    """The server hangs up on whoever says nothing; the watched session and two others do say something."""

    def impatient(connection: socket.socket, stream: Any) -> None:
        connection.settimeout(1)
        answer(connection, stream)

    result = watch(speaking(impatient), *QUICK, "-c", "2", "--idle-limit", "2s")
    assert result.exit_code == 0
    assert "beside it sessions are silent for 2 s, to find idle limits" in result.stdout
    # by its clock it is a second, and by ours sometimes a little less
    assert re.search(r"idle limit of proxy: cut after (1\.\d s|9\d\d ms) of silence", result.stdout)
    assert "kept alive by pings, client data" in result.stdout
    assert "heartbeat-margin-thin: A heartbeat every 45 s" in result.stdout


def test_ctrl_c_ends_the_search_as_well_and_tells_how_far_it_came(
    running: Callable[..., Running], speaking: Callable[..., str]
) -> None:
    command = running(speaking(answer), *QUICK, "--idle-limit", "10m")
    command.until("beat 3")
    code, out, _ = command.interrupted()
    assert code == 130
    assert re.search(r"idle limit of proxy: (open after [\d.]+ m?s of silence|not looked for)", out)


def test_a_route_that_does_not_open_has_no_idle_limit(refusing: str) -> None:
    result = watch(refusing, *QUICK, "-c", "1", "--idle-limit", "5m", "--format", "ndjson")
    [summary] = of(events_of(result.stdout), "summary")
    assert summary["idle"] == {"routes": {"proxy": None}, "findings": []}


def test_without_a_search_there_is_none(refusing: str) -> None:
    result = watch(refusing, *QUICK, "-c", "1", "--format", "ndjson")
    [summary] = of(events_of(result.stdout), "summary")
    assert summary["idle"] is None


def test_the_interval_is_a_second_unless_told_otherwise(refusing: str) -> None:
    for args, expected in (((), 1000), (("--heartbeat-interval", "2s"), 2000), (("-i", "3s"), 3000)):
        done = watch(refusing, *args, "-c", "1", "--format", "ndjson")
        assert events_of(done.stdout)[0]["interval_ms"] == expected


@pytest.mark.parametrize(
    ("args", "line"),
    [
        pytest.param([], "wsdiag: nothing to examine", id="nothing-to-go-on"),
        pytest.param(["ws://h/", "-i", "5ms"], 'wsdiag: -i: "5ms" is shorter than 10ms', id="too-often"),
        pytest.param(["ws://h/", "-i", "1"], "wsdiag: -i: ", id="no-unit"),
        pytest.param(["ws://h/", "-c", "0"], "wsdiag: -c: ", id="no-beats"),
        pytest.param(["ws://h/", "--format", "json"], "wsdiag: --format: ", id="no-such-format"),
        pytest.param(["ws://h/", "--metrics", "x:99999"], "wsdiag: --metrics: ", id="no-such-port"),
        pytest.param(["ws://h/", "--metrics", "a:b:1"], "wsdiag: --metrics: ", id="no-address"),
        pytest.param(["ws://h/", "--lab"], "wsdiag: --lab brings its own routes", id="lab-and-url"),
    ],
)
def test_a_usage_error_is_one_line_and_nothing_on_stdout(args: list[str], line: str) -> None:
    done = watch(*args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


class TestMetrics:
    """Prometheus reads them while the watch runs."""

    @staticmethod
    def scraped(command: Running) -> dict[str, float]:
        assert command.process.stderr
        line = command.process.stderr.readline()
        url = line.removeprefix("metrics: ").strip()
        assert url.startswith("http://127.0.0.1:")
        rows = [row.rpartition(" ") for row in httpx.get(url).text.splitlines() if not row.startswith("#")]
        return {name: float(value) for name, _, value in rows}

    def test_the_names_of_the_exporter(self, running: Callable[..., Running], speaking: Callable[..., str]) -> None:
        def push_and_answer(connection: socket.socket, stream: Any) -> None:
            connection.sendall(frame(b'{"type":"tick \\ud800 \\"quoted\\""}'))
            answer(connection, stream)

        command = running(speaking(push_and_answer), *QUICK, "--metrics", ":0")
        command.until("beat 2 ")
        values = self.scraped(command)
        assert (values["wsdiag_session_open"], values["wsdiag_sessions_opened_total"]) == (1, 1)
        assert (values["wsdiag_reconnects_total"], values["wsdiag_heartbeats_missed_total"]) == (0, 0)
        assert values["wsdiag_heartbeat_rtt_seconds_count"] >= 2
        assert values['wsdiag_heartbeat_rtt_seconds_bucket{le="+Inf"}'] == values["wsdiag_heartbeat_rtt_seconds_count"]
        assert values['wsdiag_messages_total{type="tick ? \\"quoted\\""}'] == 1
        assert values['wsdiag_update_staleness_seconds{type="tick ? \\"quoted\\""}'] > 0
        assert command.interrupted()[0] == 130

    def test_a_lost_session(self, running: Callable[..., Running], speaking: Callable[..., str]) -> None:
        url = speaking(lambda connection, _: connection.sendall(frame(b"\x03\xf4", 8)))
        command = running(url, *QUICK, "--metrics", "127.0.0.1:0")
        command.until("attempt 1 of 3")
        values = self.scraped(command)
        assert (values["wsdiag_session_open"], values['wsdiag_closed_total{code="1012"}']) == (0, 1)

    def test_a_port_that_is_taken_is_a_usage_error(self, refusing: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            done = watch(refusing, "-c", "1", "--metrics", f":{taken.getsockname()[1]}")
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("wsdiag: --metrics: cannot listen on 127.0.0.1 port ")


class TestTerminal:
    """On a terminal the figures are drawn in place."""

    @staticmethod
    def drawn(*args: str, interrupt_at: bytes) -> tuple[int, bytes]:
        main, terminal = pty.openpty()
        environment = {**ENVIRONMENT, "TERM": "xterm-256color", "LINES": "24"}
        program = [*WSDIAG, "watch", *args]
        with subprocess.Popen(program, env=environment, stdout=terminal, stderr=terminal) as process:
            os.close(terminal)
            seen = b""
            with suppress(OSError):  # the end of a terminal
                while interrupt_at not in seen:
                    seen += os.read(main, 65536)
                process.send_signal(signal.SIGINT)
                while data := os.read(main, 65536):
                    seen += data
            os.close(main)
            return process.wait(60), seen

    def test_it_is_live_and_leaves_the_summary(self) -> None:
        code, seen = self.drawn("--lab", "-i", "50ms", interrupt_at=b"EXCELLENT")
        text = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", seen).decode()
        assert code == 130
        for part in ("round trip", "application", "protocol", "bot:status_change", "longest pause", "open, handshake"):
            assert part in text
        assert text.rstrip().splitlines()[-1].startswith("quality: ")
        assert b"\x1b[?25h" in seen  # the cursor is back

    def test_plain_is_lines_there_too(self) -> None:
        code, seen = self.drawn("--lab", "-i", "50ms", "--plain", "--color", "never", interrupt_at=b"beat 2 ")
        assert (code, b"\x1b" in seen) == (130, False)
