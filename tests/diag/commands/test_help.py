from __future__ import annotations

import click
from click.testing import CliRunner

from diag.commands._help import Command, Value, decorated, option, section


def command() -> click.Command:
    def act(**params: object) -> dict[str, object]:
        """Acts."""
        return params

    first = section("First", option("--alpha", help="The first."), option("-b", "--beta-two", "beta", multiple=True))
    second = section("Second", option("--gamma", type=Value("number", int, lines=True), multiple=True, help="Numbers."))
    return click.command(cls=Command)(decorated(act, (*first, *second)))


def test_options_stand_in_sections_in_the_order_of_their_declaration() -> None:
    shown = CliRunner().invoke(command(), ["--help"]).stdout
    places = [shown.index(text) for text in ("First:", "--alpha", "--beta-two", "Second:", "--gamma", "--help")]
    assert places == sorted(places)


def test_a_variable_is_named_after_the_long_name() -> None:
    environment = {"WSDIAG_BETA_TWO": "x y", "WSDIAG_GAMMA": "1\n2"}
    done = CliRunner().invoke(command(), [], env=environment, standalone_mode=False)
    assert done.return_value == {"alpha": None, "beta": ("x", "y"), "gamma": (1, 2)}


def test_what_a_value_refuses_is_a_bad_parameter_with_its_reason() -> None:
    done = CliRunner().invoke(command(), ["--gamma", "x"], standalone_mode=False)
    assert isinstance(done.exception, click.BadParameter)
    assert "invalid literal" in done.exception.message
