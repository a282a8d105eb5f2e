from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from diag.cli import cli
from diag.model import Route, Target
from diag.recording import Recording, dump
from diag.runner import probe

FETCH: dict[str, Any] = {
    "id": "f1",
    "page_origin": "http://app.test",
    "page_url": "http://app.test/",
    "request": {"api": "fetch", "method": "GET", "url": "http://api.test/x", "mode": "cors"},
    "preflight_response": None,
    "response": {"status": 200, "reason": "OK", "headers": [["Access-Control-Allow-Origin", "*"]], "body": "{}"},
}


def judge(*args: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["judge", *map(str, args)], input=stdin)


@pytest.fixture(scope="module")
def refused() -> Recording:
    """What a real probe of a port where nothing listens records."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        route = Route("proxy", f"ws://127.0.0.1:{sock.getsockname()[1]}/ws")
        return probe(Target(route.origin, route.url, (route,)))


@pytest.fixture
def recording(refused: Recording, tmp_path: Path) -> Path:
    file = tmp_path / "refused.json"
    file.write_text(dump(refused, masked=True), "utf-8")
    return file


@pytest.fixture
def exchanges(tmp_path: Path) -> Path:
    file = tmp_path / "exchanges.jsonl"
    file.write_text(json.dumps(FETCH) + "\n" + json.dumps({**FETCH, "id": "f2"}) + "\n", "utf-8")
    return file


def test_a_recording_is_judged_again(recording: Path) -> None:
    done = judge(recording, "--format", "json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["command"]) == (1, "judge")
    assert (report["verdict"], report["primary_cause"]) == ("broken", "tcp-refused")


def test_the_gate_and_waivers_hold_as_in_a_probe(recording: Path) -> None:
    assert judge(recording, "--fail-on", "never").exit_code == 0
    done = judge(recording, "--ignore", "tcp-refused@9999-12-31", "--format", "json")
    assert done.exit_code == 0
    assert [each["code"] for each in json.loads(done.stdout)["waived"]] == ["tcp-refused"]
    done = judge(recording, "--ignore", "tcp-refused@2000-01-01")
    assert done.exit_code == 1
    assert "the waiver of tcp-refused expired on 2000-01-01" in " ".join(done.stdout.split())


def test_several_recordings_become_an_array_or_texts_in_a_row(recording: Path) -> None:
    done = judge(recording, recording, "--format", "json")
    assert [report["primary_cause"] for report in json.loads(done.stdout)] == ["tcp-refused"] * 2
    assert done.exit_code == 1
    assert judge(recording, recording).stdout.count("BROKEN") == 2


def test_a_recording_from_stdin_and_with_a_byte_order_mark(recording: Path) -> None:
    assert judge("-", "--fail-on", "never", stdin=recording.read_bytes()).exit_code == 0
    assert judge("-", "--fail-on", "never", stdin=b"\xef\xbb\xbf" + recording.read_bytes()).exit_code == 0


def test_a_recording_with_its_keys_in_another_order_is_one(recording: Path) -> None:
    document = json.loads(recording.read_text("utf-8"))
    recording.write_text(json.dumps(dict(reversed(document.items()))), "utf-8")
    assert judge(recording).exit_code == 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('{"wsdiag_recording": 1, "target', id="cut-off"),
        pytest.param('{"wsdiag_recording": 99}', id="of-another-format"),
        pytest.param('{"wsdiag_recording": 1, "target": {}}', id="without-its-values"),
        pytest.param('{"wsdiag_recording": 1, "target": ' + "[" * 100_000, id="deep"),
    ],
)
def test_a_damaged_recording_is_one_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "damaged.json"
    file.write_text(content, "utf-8")
    done = judge(file)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{file}: ")
    assert done.stderr.count("\n") == 1


def test_exchanges_get_one_verdict_a_line(exchanges: Path) -> None:
    done = judge(exchanges)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.exit_code, [each["id"] for each in verdicts]) == (0, ["f1", "f2"])
    assert all(each["allowed"] for each in verdicts)


def test_exchanges_are_recognised_by_their_content(exchanges: Path, tmp_path: Path) -> None:
    file = exchanges.rename(tmp_path / "exchanges.txt")
    file.write_bytes(b"garbage\n" + file.read_bytes())
    done = judge(file)
    assert (done.exit_code, done.stdout.count("\n")) == (1, 3)


@pytest.mark.parametrize("name", ["bad.jsonl", "bad.ndjson", "-"])
def test_nothing_but_bad_lines_is_still_answered_line_by_line(tmp_path: Path, name: str) -> None:
    content = b"[[[[\n\xff\n\n" + b"[" * 50_000 + b"\n"
    if name != "-":
        (tmp_path / name).write_bytes(content)
    done = judge(name if name == "-" else tmp_path / name, stdin=content)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.exit_code, done.stderr) == (1, "")
    assert [each.keys() for each in verdicts] == [{"id", "invalid"}] * 3


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"root:x:0:0\n", id="text"),
        pytest.param(b'{"log": {"entries": [{"request": {}}]}}', id="some-other-json"),
        pytest.param(b'{\n "a": {\n  "request": 1\n }\n}\n', id="json-of-many-lines"),
        pytest.param(bytes(range(256)), id="bytes"),
    ],
)
def test_a_file_of_another_kind_is_one_line_that_says_what_judge_reads(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other"
    file.write_bytes(content)
    done = judge(file)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"{file}: neither a recording (wsdiag probe --record) nor JSON Lines of exchanges\n"


def test_both_kinds_at_once_are_refused(recording: Path, exchanges: Path) -> None:
    done = judge(recording, exchanges)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "one kind at a time" in done.stderr


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert judge(tmp_path / "nope").stderr == f"{tmp_path}/nope: cannot be read: No such file or directory\n"
    assert judge(tmp_path).stderr == f"{tmp_path}: cannot be read: Is a directory\n"


def test_a_reader_that_stops_after_one_line_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text((json.dumps(FETCH) + "\n") * 5000, "utf-8")
    program = [sys.executable, "-c", "from diag.cli import main; main()", "judge", str(file)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as done:
        assert done.stdout
        assert done.stderr
        assert json.loads(done.stdout.readline())["id"] == "f1"
        done.stdout.close()
        assert (done.wait(60), done.stderr.read()) == (0, b"")
