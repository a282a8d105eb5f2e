"""permessage-deflate in a response: the grammar, and the parameters that may stand there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.extensions import DeflateParameters, ExtensionProblem, judge_extensions, parse_extension

NAME = "permessage-deflate"


@pytest.mark.parametrize(
    ("value", "agreed"),
    [
        pytest.param(NAME, DeflateParameters(), id="bare"),
        pytest.param(f" {NAME}\t;\tserver_no_context_takeover ", DeflateParameters(True), id="blanks"),
        pytest.param(f"{NAME};client_no_context_takeover", DeflateParameters(False, True), id="client takeover"),
        pytest.param(f"{NAME}; server_max_window_bits=8", DeflateParameters(server_max_window_bits=8), id="8"),
        pytest.param(f"{NAME}; server_max_window_bits = 15", DeflateParameters(), id="15, blanks around ="),
        pytest.param(f'{NAME}; client_max_window_bits="9"', DeflateParameters(client_max_window_bits=9), id="quoted"),
        pytest.param(
            f'{NAME}; client_max_window_bits="\\9"', DeflateParameters(client_max_window_bits=9), id="escaped"
        ),
    ],
)
def test_agrees(value: str, agreed: DeflateParameters) -> None:
    assert judge_extensions([value]) == agreed


@pytest.mark.parametrize(
    ("values", "problem", "message"),
    [
        pytest.param([""], "extension-invalid", "rejected by the parser: ", id="empty"),
        pytest.param([f"{NAME};"], "extension-invalid", "rejected by the parser", id="loose semicolon"),
        pytest.param([f"{NAME} x"], "extension-invalid", "rejected by the parser", id="two words"),
        pytest.param([f"{NAME}; a="], "extension-invalid", "rejected by the parser", id="no value"),
        pytest.param([f'{NAME}; a=""'], "extension-invalid", "rejected by the parser", id="empty quotes"),
        pytest.param([f'{NAME}; a="b c"'], "extension-invalid", "rejected by the parser", id="quoted, but no token"),
        pytest.param([f'{NAME}; a="b'], "extension-invalid", "rejected by the parser", id="open quote"),
        pytest.param([f'"{NAME}"'], "extension-invalid", "rejected by the parser", id="quoted name"),
        pytest.param(["mux"], "extension-unoffered", "unsupported extension 'mux'", id="unoffered"),
        pytest.param([NAME.upper()], "extension-unoffered", "unsupported extension", id="the name's case counts"),
        pytest.param([NAME, NAME], "extension-duplicate", "duplicate permessage-deflate response", id="twice"),
        pytest.param([NAME, ""], "extension-invalid", "rejected by the parser", id="good, then empty"),
        pytest.param([f"{NAME}; foo"], "extension-parameter", "unexpected permessage-deflate", id="unknown parameter"),
        pytest.param(
            [f"{NAME}; server_no_context_takeover=1"],
            "extension-parameter",
            "invalid server_no_context",
            id="flag with value",
        ),
        pytest.param(
            [f"{NAME}; server_no_context_takeover; server_no_context_takeover"],
            "extension-parameter",
            "duplicate permessage-deflate extension parameter server_no_context_takeover",
            id="flag twice",
        ),
        pytest.param(
            [f"{NAME}; client_max_window_bits"], "extension-parameter", "must have value", id="only for requests"
        ),
        pytest.param(
            [f"{NAME}; server_max_window_bits"], "extension-parameter", "invalid server_max_window_bits", id="no bits"
        ),
        *(
            pytest.param(
                [f"{NAME}; server_max_window_bits={bits}"], "extension-parameter", "invalid", id=f"bits {bits}"
            )
            for bits in ("7", "16", "08", "+9", "9.0", "0x9", "99999999999999999999")
        ),
    ],
)
def test_refuses_and_says_why(values: list[str], problem: str, message: str) -> None:
    judged = judge_extensions(values)

    assert isinstance(judged, ExtensionProblem)
    assert judged.problem == problem
    assert message in judged.message


def test_no_extension_is_fine() -> None:
    assert judge_extensions([]) is None


def test_nothing_may_be_agreed_that_was_not_offered() -> None:
    judged = judge_extensions([NAME], offered=False)

    assert isinstance(judged, ExtensionProblem)
    assert judged.problem == "extension-unoffered"


TOKENS = st.text("abc-_1", min_size=1, max_size=5)


@given(TOKENS, st.lists(st.tuples(TOKENS, TOKENS | st.just("")), max_size=4))
def test_reads_what_the_grammar_writes(name: str, parameters: list[tuple[str, str]]) -> None:
    written = "; ".join([name, *(f"{key}={value}" if value else key for key, value in parameters)])

    assert parse_extension(written) == (name, tuple(parameters))


@given(st.text('permsag-dflt;=," \t\\1', max_size=40))
def test_never_raises(value: str) -> None:
    judge_extensions([f"permessage-deflate{value}"])
