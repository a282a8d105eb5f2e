from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from diag.commands._files import destination, write_file
from diag.config.errors import ConfigError


def test_a_file_in_an_existing_folder_is_a_destination(tmp_path: Path) -> None:
    file = str(tmp_path / "out.json")
    assert destination(file) == file
    assert not Path(file).exists()


def test_a_device_is_a_destination() -> None:
    assert destination("/dev/null") == "/dev/null"


@pytest.mark.parametrize(
    ("place", "why"),
    [
        pytest.param("nope/out.json", "there is no folder", id="no-folder"),
        pytest.param("", "is a folder", id="a-folder"),
        pytest.param("x" * 300, "File name too long", id="too-long"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_run(tmp_path: Path, place: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        destination(f"{tmp_path}/{place}")


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    file.write_text("old", "utf-8")
    file.chmod(0o600)
    write_file(str(file), "néw\n")
    assert file.read_bytes() == "néw\n".encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    write_file(str(tmp_path / "link"), "x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text("utf-8") == "x"


def test_a_pipe_is_written_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text("utf-8")))
    reader.start()
    write_file(str(pipe), "x")
    reader.join()
    assert got == ["x"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_the_system_refuses_is_one_line_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^wsdiag: .*/gone/out.json: No such file or directory$"):
        write_file(str(tmp_path / "gone" / "out.json"), "x")
    with pytest.raises(ConfigError, match=r"^wsdiag: /dev/full: No space left on device$"):
        write_file("/dev/full", "x")
    assert list(tmp_path.iterdir()) == []


def test_what_utf_8_cannot_hold_is_replaced(tmp_path: Path) -> None:
    write_file(str(tmp_path / "a"), "a\udc80b")
    assert (tmp_path / "a").read_bytes() == b"a?b"
