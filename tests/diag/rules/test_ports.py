"""A development server that went to the next port."""

from __future__ import annotations

import pytest


def moved(s, port: int = 5174):
    """The dev server with the page's socket, on another port."""
    return s.opens("proxy", f"drift={port}").vite("proxy", f"drift-get={port}")


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda s: moved(s.refused("proxy")), id="nothing is left on its port"),
        pytest.param(lambda s: moved(s.refused("proxy").opens("direct"), 5176), id="three ports on, the backend is up"),
        pytest.param(
            lambda s: moved(s.answers("proxy", 404, "nope").answers("proxy", 404, "nope", variants=("get-root",))),
            id="another program on its port",
        ),
    ],
)
def test_fires(must_name, tell) -> None:
    must_name(tell, "dev-server-port-drift")


@pytest.mark.parametrize(
    ("tell", "instead"),
    [
        pytest.param(lambda s: s.refused("proxy"), "tcp-refused", id="nothing anywhere"),
        pytest.param(
            lambda s: s.refused("proxy").refused("proxy", "drift=5174", "drift-get=5174"),
            "tcp-refused",
            id="nothing on the next port",
        ),
        pytest.param(
            lambda s: s.refused("proxy").vite("proxy", "drift-get=5174").hangs("proxy", "drift=5174"),
            "tcp-refused",
            id="another project's server, without this socket",
        ),
        pytest.param(
            lambda s: s.refused("proxy").opens("proxy", "drift=5174").unknown_path("proxy", "drift-get=5174"),
            "tcp-refused",
            id="a backend, and no development server",
        ),
        pytest.param(
            lambda s: moved(s.hangs("proxy").vite("proxy", "get", "get-root", "get-sibling")),
            "vite-proxy-rule-missing",
            id="the page's own port has a development server",
        ),
        pytest.param(lambda s: moved(s.opens("proxy")), None, id="the page's socket opens"),
    ],
)
def test_keeps_quiet(must_not_name, tell, instead: str | None) -> None:
    must_not_name(tell, "dev-server-port-drift", instead)
