"""The package of writers: formats are found by walking it, and a module that is no writer names itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

import reports
from reports import Options

OPTIONS = Options(width=80, color=False)


def test_the_formats_are_the_public_modules():
    assert {"json", "junit", "text"} <= set(reports.formats())
    assert not [name for name in reports.formats() if name.startswith("_")]
    assert list(reports.formats()) == sorted(reports.formats())


def test_naming_the_formats_loads_none_of_them():
    # Given a fresh interpreter, when it asks for the names, then neither a writer nor rich is loaded
    code = "import sys, reports; reports.formats(); print([m for m in sys.modules if m in ('rich', 'reports.text')])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("name", reports.formats())
def test_every_format_renders_every_report(name, named_report):
    text = reports.render(name, named_report[1], OPTIONS)

    assert text.endswith("\n")
    assert text.encode("utf-8")


def test_an_unknown_format_is_refused_with_the_known_ones(report):
    with pytest.raises(ValueError, match=r"unknown format 'jsno': there are .*json, junit"):
        reports.render("jsno", report("healthy"), OPTIONS)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        pytest.param("", "has no function render", id="missing"),
        pytest.param("render = 'text'", "has no function render", id="no-function"),
        pytest.param("def render(report, options): return ''", "is not .report: Report", id="untyped"),
        pytest.param("def render(report: str, options: str) -> str: return ''", "is not .report: R", id="mistyped"),
    ],
)
def test_a_module_that_is_no_writer_names_itself(tmp_path, monkeypatch, report, source, complaint):
    # Given a module among the writers that does not keep its side of the bargain
    (tmp_path / "brokenformat.py").write_text(source)
    monkeypatch.setattr(reports, "__path__", [*reports.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "reports.brokenformat", raising=False)

    # When it is asked for, then the error says which module it is
    with pytest.raises(TypeError, match=f"reports.brokenformat.*{complaint}"):
        reports.render("brokenformat", report("healthy"), OPTIONS)
