from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from diag import catalogue
from diag.cli import cli
from diag.commands.explain import command


def explain(*args: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["explain", *args], env=environment)


@pytest.mark.parametrize("code", catalogue.entries())
def test_every_code_is_explained_within_the_terminal(code: str) -> None:
    entry = catalogue.entry(code)
    shown = explain(code, COLUMNS="80").stdout
    assert shown.startswith(f"{code}  {entry.severity}  {entry.layer}\n")
    for part in (entry.title, entry.explanation, entry.recognised, entry.fix.summary):
        assert " ".join(part.split()) in " ".join(shown.split())
    snippets = {line.strip() for snippet in entry.fix.snippets for line in snippet.text.split("\n")}
    prose = [line for line in shown.splitlines() if line.strip() not in snippets and " " in line.strip()]
    assert max(map(len, prose)) <= 80


def test_snippets_can_be_copied_as_they_are() -> None:
    entry = next(entry for entry in catalogue.entries().values() if entry.fix.snippets)
    shown = explain(entry.code).stdout
    for snippet in entry.fix.snippets:
        assert f"  {snippet.where}\n" in shown
        assert all(f"    {line}\n" in shown for line in snippet.text.splitlines() if line)


@pytest.mark.parametrize("columns", [80, 120])
def test_the_catalogue_is_one_line_a_code_under_its_layer(columns: int) -> None:
    lines = explain(COLUMNS=str(columns)).stdout.splitlines()
    assert max(map(len, lines)) <= columns
    codes = [line.split()[1] for line in lines if line.startswith(" ")]
    assert codes == list(catalogue.entries())
    layers = [line for line in lines if line in catalogue.LAYERS]
    assert layers == [layer for layer in catalogue.LAYERS if layer in layers]


def test_a_narrow_terminal_is_no_error() -> None:
    assert explain(COLUMNS="10").exit_code == 0


def test_an_unknown_code_gets_the_nearest_ones() -> None:
    shown = explain("tcp-refusd")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr == 'wsdiag: there is no code "tcp-refusd"; did you mean tcp-refused?\n'


def test_a_code_that_resembles_none_is_sent_to_the_list() -> None:
    shown = explain("\x1b[31mzzz")
    assert (shown.exit_code, shown.stderr) == (
        2,
        'wsdiag: there is no code "\\x1b[31mzzz"; wsdiag explain lists them\n',
    )


def test_json_of_one_and_of_all() -> None:
    one = json.loads(explain("tcp-refused", "--format", "json").stdout)
    assert (one["code"], one["severity"], one["layer"]) == ("tcp-refused", "error", "tcp")
    assert one["fix"].keys() == {"summary", "snippets"}
    every = json.loads(explain("--format", "json").stdout)
    assert [entry["code"] for entry in every] == list(catalogue.entries())


def test_the_formats_of_reports_do_not_concern_it() -> None:
    assert explain("tcp-refused", WSDIAG_FORMAT="junit=out.xml").exit_code == 0


@pytest.mark.parametrize(
    ("args", "environment", "colored"),
    [
        pytest.param(["tcp-refused"], {}, False, id="not-into-a-pipe"),
        pytest.param(["tcp-refused", "--color", "always"], {}, True, id="always"),
        pytest.param(["tcp-refused", "--color", "always"], {"NO_COLOR": "1"}, True, id="a-flag-beats-no-color"),
        pytest.param(["tcp-refused", "--color", "never"], {}, False, id="never"),
        pytest.param(["tcp-refused"], {"WSDIAG_COLOR": "always"}, True, id="variable"),
        pytest.param(["--color", "always"], {}, True, id="catalogue"),
        pytest.param(["--color", "always", "--format", "json"], {}, False, id="json-never"),
    ],
)
def test_colour(args: list[str], environment: dict[str, str], colored: bool) -> None:
    shown = CliRunner().invoke(command, args, env=environment, color=True, standalone_mode=False)
    assert ("\x1b[" in shown.stdout) is colored
