from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import reports
from diag.commands._output import Output, joined, output_options
from diag.config.errors import ConfigError
from diag.model import Evidence, Finding, Fix, Route, Severity, Target, Verdict
from diag.report import Report

TOKEN = "s3cret-t0ken"
ROUTE = Route("proxy", f"ws://h/ws?token={TOKEN}")
FINDING = Finding(
    code="tcp-refused",
    severity=Severity.ERROR,
    layer="tcp",
    title="Nothing listens on this port",
    detail=f"Nothing answers at {ROUTE.url}.",
    route="proxy",
    evidence=(Evidence("request", f"GET /ws?token={TOKEN}"),),
    fix=Fix("Start it."),
)
REPORT = Report(
    command="probe",
    started_at="2026-06-15T00:00:00Z",
    duration_ms=1.0,
    target=Target("http://h", ROUTE.url, (ROUTE,)),
    verdict=Verdict.BROKEN,
    primary_cause="tcp-refused",
    findings=(FINDING,),
    routes=(),
    api=(),
)


@click.command()
@output_options
def parsed(output: Output) -> Output:
    """What a command receives."""
    return output


def run(*args: str) -> Result:
    return CliRunner().invoke(parsed, args, standalone_mode=False)


def test_the_defaults() -> None:
    assert run().return_value == Output(formats=(), color="auto", show_secrets=False, fail_on="error")


def test_a_format_goes_to_stdout_or_to_a_file(tmp_path: Path) -> None:
    file = str(tmp_path / "out.xml")
    assert run("--format", "json", "--format", f"junit={file}").return_value.formats == (("json", ""), ("junit", file))


@pytest.mark.parametrize(
    ("args", "why"),
    [
        pytest.param(["--format", "nope"], '"nope" is not one of', id="unknown"),
        pytest.param(["--format", "json="], "json= names no file", id="no-file"),
        pytest.param(["--format", "json=/nope/x.json"], "there is no folder /nope", id="no-folder"),
        pytest.param(["--format", "json", "--format", "text"], "two formats go to stdout", id="two-to-stdout"),
        pytest.param(["--format", "json=/dev/null", "--format", "text=/dev/null"], "two formats go to /dev", id="file"),
        pytest.param(["--fail-on", "fatal"], "'fatal' is not one of", id="gate"),
        pytest.param(["--color", "blue"], "'blue' is not one of", id="color"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_runs(args: list[str], why: str) -> None:
    refused = run(*args).exception
    assert isinstance(refused, click.ClickException)
    assert (why in refused.format_message(), refused.exit_code) == (True, 2)


def test_text_on_stdout_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    Output().write([REPORT])
    shown = capsys.readouterr()
    assert "tcp-refused" in shown.out
    assert shown.err == ""


def test_a_file_leaves_stdout_to_the_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "out.json"
    Output((("json", str(file)),)).write([REPORT])
    assert json.loads(file.read_text("utf-8"))["primary_cause"] == "tcp-refused"
    assert not capsys.readouterr().out.startswith("{")


def test_a_format_that_claims_stdout_has_it_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Output((("json", ""),)).write([REPORT])
    assert json.loads(capsys.readouterr().out)["verdict"] == "broken"


@pytest.mark.parametrize("name", reports.formats())
def test_secrets_are_masked_in_every_format_unless_asked_for(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Output(((name, ""),)).write([REPORT])
    masked = capsys.readouterr().out
    Output(((name, ""),), show_secrets=True).write([REPORT])
    shown = capsys.readouterr().out
    assert TOKEN not in masked
    assert masked != shown or TOKEN not in shown


def test_the_text_shows_secrets_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    Output((("json", ""),), show_secrets=True).write([REPORT])
    assert TOKEN in capsys.readouterr().out


def test_colour_is_for_stdout_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "out.txt"
    Output((("text", str(file)),), color="always").write([REPORT])
    assert "\x1b[" in capsys.readouterr().out
    assert "\x1b[" not in file.read_text("utf-8")


def test_several_reports_in_json_are_an_array(capsys: pytest.CaptureFixture[str]) -> None:
    Output((("json", ""),)).write([REPORT, replace(REPORT, command="judge")])
    assert [each["command"] for each in json.loads(capsys.readouterr().out)] == ["probe", "judge"]


def test_several_reports_as_text_follow_each_other() -> None:
    assert joined("text", ["a\n", "b\n"]) == "a\n\nb\n"


def test_a_format_of_one_document_refuses_several_reports() -> None:
    assert joined("junit", ["<a/>"]) == "<a/>"
    with pytest.raises(ConfigError, match="junit holds one report"):
        joined("junit", ["<a/>", "<b/>"])
