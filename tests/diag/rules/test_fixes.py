"""The snippet for the software that answered comes first."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("tell", "first"),
    [
        pytest.param(
            lambda s: s.nginx("proxy", 404, "get"), "nginx", id="nobody signs the answer: as the catalogue has it"
        ),
        pytest.param(
            lambda s: s.answers("proxy", 404, '{"detail":"Not Found"}', headers={"Server": "Caddy"}),
            "caddy",
            id="Caddy",
        ),
        pytest.param(
            lambda s: s.answers("proxy", 404, '{"detail":"Not Found"}', headers={"Server": "nginx"}),
            "nginx",
            id="nginx",
        ),
        pytest.param(lambda s: s.vite("proxy", "get-root"), "vite", id="Vite serves the rest of the page"),
    ],
)
def test_the_likeliest_snippet_comes_first(scene, tell, first: str) -> None:
    scene.unknown_path("proxy").opens("direct").unknown_path("direct", "no-upgrade")
    for variant in ("no-upgrade",):
        scene.answers("direct", 404, '{"detail":"Not Found"}', variants=(variant,))
    [found] = tell(scene).report().findings
    assert found.code == "upgrade-headers-stripped"
    places = [snippet.where.lower() for snippet in found.fix.snippets]
    matching = [place for place in places if place.startswith(first)]
    assert places[: len(matching)] == matching


def test_no_snippet_is_lost_by_the_order(scene) -> None:
    scene.unknown_path("proxy").opens("direct").unknown_path("direct", "no-upgrade").vite("proxy", "get-root")
    [told] = [item for item in scene.found() if item.code == "upgrade-headers-stripped"]
    [shown] = scene.report().findings
    assert set(shown.fix.snippets) == set(told.fix.snippets)
    assert shown.fix.summary == told.fix.summary
