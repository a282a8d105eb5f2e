"""The house keeps its own rules: sizes, docstrings, one file a thing, nothing unexplained in the catalogue."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

from diag.catalogue import entries
from diag.drill import judgement
from diag.rules import families
from diag.verify import checks as verified

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for folder in ("diag", "reports", "scenarios") for path in (ROOT / folder).rglob("*.py"))
TESTS = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__))

RAISED = {
    "unexplained",
    *judgement.CODES,
    *verified.CODES,
    *(code for _, codes in families().values() for code in codes),
}


def lines(path: Path) -> int:
    return path.read_text("utf-8").count("\n")


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_files_stay_small() -> None:
    sizes = {str(path.relative_to(ROOT)): lines(path) for path in SOURCES}
    assert {name: size for name, size in sizes.items() if size > 400} == {}
    assert statistics.median(sizes.values()) <= 120


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_stay_small_and_annotated(path: Path) -> None:
    for node in functions(path):
        assert (node.end_lineno or 0) - node.lineno <= 60, f"{node.name} is too long"
        assert node.returns is not None, f"{node.name} does not say what it returns"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("code", sorted(entries()))
def test_every_code_has_a_rule_and_a_test(code: str) -> None:
    assert code in RAISED, "no rule raises it"
    assert f'"{code}"' in TESTS, "no test names it"


def test_there_is_no_machine_path_in_the_project() -> None:
    marks = ("/" + "work/", "/" + "root/", "/" + "tmp/w")
    texts = [path for path in ROOT.rglob("*") if path.suffix in (".py", ".md", ".toml", ".yaml", ".yml")]
    ours = [path for path in texts if not {".venv", "node_modules", ".git"} & set(path.parts)]
    assert [str(path) for path in ours if any(mark in path.read_text("utf-8") for mark in marks)] == []
