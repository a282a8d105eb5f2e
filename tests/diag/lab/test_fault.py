from __future__ import annotations

import importlib
import sys

import pytest

from diag.catalogue import entries
from diag.lab.config import LabConfig
from diag.lab.fault import Fault, broken, load_faults

GOOD = """
from diag.lab.fault import Fault
FAULT = Fault(name="{name}", where="proxy", summary="s", causes=("auth-required",), apply=lambda config: config)
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of fault files; called with file contents by name, it returns the imported package."""

    def make(**files):
        folder = tmp_path / "some_faults"
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        for name, content in files.items():
            (folder / f"{name}.py").write_text(content)
        monkeypatch.syspath_prepend(str(tmp_path))
        for module in [module for module in sys.modules if module.partition(".")[0] == "some_faults"]:
            monkeypatch.delitem(sys.modules, module)
        return importlib.import_module("some_faults")

    return make


def test_faults_are_found_by_walking_the_folder(package):
    found = load_faults(package(zeta=GOOD.format(name="zeta"), two_words=GOOD.format(name="two-words")))

    assert list(found) == ["two-words", "zeta"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="no export"),
        pytest.param("FAULT = 'slow'", id="another type"),
        pytest.param(GOOD.format(name="fast"), id="another name than its file"),
        pytest.param(GOOD.format(name="slow").replace("causes", "cause"), id="a mistyped field"),
    ],
)
def test_a_mistyped_file_is_a_type_error_at_start(package, content):
    with pytest.raises(TypeError):
        load_faults(package(slow=content))


@pytest.mark.parametrize("fault", load_faults().values(), ids=lambda fault: fault.name)
def test_every_fault_changes_the_system_and_names_causes_of_the_catalogue(fault: Fault):
    assert fault.apply(LabConfig()) != LabConfig()
    assert fault.causes
    assert set(fault.causes) <= set(entries())


def test_faults_combine_whatever_their_order():
    names = ("idle-cut", "mute-heartbeat", "cors-duplicate")

    assert broken(LabConfig(), names) == broken(LabConfig(), names[::-1])


def test_no_fault_is_the_healthy_system():
    assert broken(LabConfig(), ()) == LabConfig()
