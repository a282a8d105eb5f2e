from __future__ import annotations

from pathlib import Path

import pytest

from diag.config.errors import ConfigError
from diag.config.yamlfile import Entry, read


def written(folder: Path, content: bytes | str) -> Entry | None:
    path = folder / "wsdiag.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path, "wsdiag.yaml")


def root(folder: Path, content: bytes | str) -> Entry:
    entry = written(folder, content)
    assert entry is not None
    return entry


@pytest.mark.parametrize("content", ["", "# a comment\n", "---\n", "null"], ids=["empty", "comment", "start", "null"])
def test_a_file_that_says_nothing_is_no_error(tmp_path: Path, content: str) -> None:
    entry = written(tmp_path, content)
    assert entry is None or entry.path == ""


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('{"observe": "1s", "expect": ["a"]}', id="json-on-one-line"),
        pytest.param('{\n\t"observe": "1s",\n\t"expect": ["a"]\n}\n', id="json-with-tabs"),
        pytest.param("observe: 1s\r\nexpect:\r\n  - a\r\n", id="crlf"),
        pytest.param(b"\xef\xbb\xbfobserve: 1s\nexpect: [a]\n", id="byte-order-mark"),
    ],
)
def test_yaml_and_json_read_alike(tmp_path: Path, content: bytes | str) -> None:
    assert root(tmp_path, content).plain() == {"observe": "1s", "expect": ["a"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"a: 1\n# \xe9\n", "wsdiag.yaml:2: is not UTF-8", id="latin-1"),
        pytest.param("a: 1\nb: a\x00b\n", "wsdiag.yaml:2: is not YAML: it has control characters", id="nul"),
        pytest.param("a: [1,\nb: }", "wsdiag.yaml:2: is not YAML: ", id="malformed"),
        pytest.param('a: "b\n', "wsdiag.yaml:2: is not YAML: ", id="unclosed-quote"),
        pytest.param("a:\n\tb: 1\n", "wsdiag.yaml:2: is not YAML: ", id="tab-as-indentation"),
        pytest.param("a: 1\n---\nb: 2\n", "wsdiag.yaml:2: is not YAML: expected a single document", id="two-documents"),
        pytest.param("#" * (1 << 20) + "ab", "wsdiag.yaml: is larger than 1 MiB", id="huge"),
        pytest.param("[" * 500_000, "wsdiag.yaml:1: is nested too deeply", id="deep-lists"),
        pytest.param("{a: " * 100_000, "wsdiag.yaml:1: is nested too deeply", id="deep-mappings"),
        pytest.param("a: [" + "1," * 50_000 + "]", "wsdiag.yaml:1: has too many values", id="many-values"),
        pytest.param("a: &a [x, x]\nb: [*a, *a]\n", "wsdiag.yaml:2: aliases (*a) are not read here", id="aliases"),
        pytest.param("a: &a [*a]", "wsdiag.yaml:1: aliases (*a) are not read here", id="recursive-alias"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_with_its_place(
    tmp_path: Path, content: bytes | str, message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        written(tmp_path, content)
    assert refused.value.message.startswith(message)
    assert "\n" not in refused.value.message
    assert refused.value.exit_code == 2


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^nope.yaml: cannot be read: No such file"):
        read(tmp_path / "nope.yaml", "nope.yaml")
    with pytest.raises(ConfigError, match=r"^here: cannot be read: Is a directory"):
        read(tmp_path, "here")


def test_a_key_that_stands_there_twice_names_both_lines(tmp_path: Path) -> None:
    entry = root(tmp_path, "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    with pytest.raises(ConfigError, match=r"^wsdiag.yaml:5: b.c: is set twice \(first on line 3\)$"):
        entry.mapping()["b"].mapping()


def test_an_unknown_key_is_an_error_on_its_own_line_with_the_nearest_one(tmp_path: Path) -> None:
    entry = root(tmp_path, "client:\n  dialect: x\n  hartbeat:\n    interval: 5s\n").mapping()["client"]
    with pytest.raises(ConfigError, match=r'^wsdiag.yaml:3: client: unknown key "hartbeat"; did you mean heartbeat?'):
        entry.section("dialect", "heartbeat")
    with pytest.raises(ConfigError, match=r'unknown key "dialect"; there are xyz, uvw$'):
        entry.section("xyz", "uvw")


def test_a_key_without_a_value_counts_as_absent(tmp_path: Path) -> None:
    assert root(tmp_path, "a:\nb: ~\nc: 1\n").section("a", "b", "c").keys() == {"c"}


def test_an_escape_sequence_in_a_key_does_not_reach_the_terminal(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        root(tmp_path, '"\\u001b[31m": 1').section("a")
    assert "\x1b" not in refused.value.message


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param("5", "must be text, not a number (put it in quotes)", id="number"),
        pytest.param("on", "must be text, not a boolean (put it in quotes)", id="boolean"),
        pytest.param("2027-01-31", "must be text, not a date (put it in quotes)", id="date"),
        pytest.param("[a]", "must be text, not a list", id="list"),
        pytest.param("{a: b}", "must be text, not a mapping", id="mapping"),
        pytest.param("", "must be text, not empty", id="null"),
        pytest.param('"a\\nb"', "must be one line of text without control characters", id="two-lines"),
    ],
)
def test_text_must_be_text(tmp_path: Path, content: str, why: str) -> None:
    with pytest.raises(ConfigError) as refused:
        root(tmp_path, f"key: {content}").mapping()["key"].text()
    assert refused.value.message == f"wsdiag.yaml:1: key: {why}"


def test_a_quoted_number_is_text(tmp_path: Path) -> None:
    assert root(tmp_path, 'key: "5"').mapping()["key"].text() == "5"


@pytest.mark.parametrize("content", ["1.5", "ten", "-1", "1001", "9" * 5000, "[1]", "true"])
def test_a_whole_number_stays_within_its_bounds(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError, match=r"key: must be a whole number from 0 to 1000$"):
        root(tmp_path, f"key: {content}").mapping()["key"].integer(0, 1000)


def test_true_and_false_in_the_spellings_of_yaml(tmp_path: Path) -> None:
    entries = root(tmp_path, "a: true\nb: no\nc: 1\n").mapping()
    assert entries["a"].boolean() is True
    assert entries["b"].boolean() is False
    with pytest.raises(ConfigError, match=r"^wsdiag.yaml:3: c: must be true or false, not a number$"):
        entries["c"].boolean()


def test_what_a_notation_refuses_names_the_line(tmp_path: Path) -> None:
    entry = root(tmp_path, "\n\nkey: 7\n").mapping()["key"]
    assert entry.parsed(int) == 7
    with pytest.raises(ConfigError, match=r"^wsdiag.yaml:3: key: "):
        entry.parsed(lambda text: int(text, base=2))


def test_a_tag_makes_no_object(tmp_path: Path) -> None:
    entry = root(tmp_path, "a: !!python/object/apply:os.getcwd []\nb: !!python/name:os.system x\nc: !x 1\n")
    assert entry.plain() == {"a": [], "b": "x", "c": "1"}


def test_plain_values_are_those_of_json(tmp_path: Path) -> None:
    entry = root(tmp_path, "a: 1\nb: 1.5\nc: ~\nd: [true, 2027-01-31]\n")
    assert entry.plain() == {"a": 1, "b": 1.5, "c": None, "d": [True, "2027-01-31"]}
    with pytest.raises(ConfigError, match=r"^wsdiag.yaml:1: a: is a number that cannot be read$"):
        root(tmp_path, "a: " + "9" * 5000).plain()
