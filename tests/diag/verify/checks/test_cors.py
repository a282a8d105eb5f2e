from __future__ import annotations

from diag.observations import NoAnswer
from diag.verify.checks import cors

OWN, ACROSS = "http://localhost:5173/api/health", "http://localhost:3000/api/health"
ALLOWED = {"Access_Control_Allow_Origin": "http://localhost:5173"}


def healthy(scene):
    return scene.opens("proxy").opens("direct")


def test_without_a_request_it_says_which_flag_names_one(made) -> None:
    ruling = cors.check(made())

    assert (ruling.outcome, ruling.because) == ("skip", "no REST request of the page was named (--api URL)")


def test_the_pages_own_origin_needs_no_cors(made, scene) -> None:
    healthy(scene).rest(OWN, scene.answer(200))
    ruling = cors.check(made())

    assert (ruling.outcome, "CORS is not involved" in ruling.saw) == ("pass", True)


def test_an_answer_that_the_page_may_read_passes(made, scene) -> None:
    healthy(scene).rest(ACROSS, scene.answer(200, **ALLOWED)).rest(OWN, scene.answer(502))
    ruling = cors.check(made())

    assert (ruling.outcome, ruling.saw) == ("pass", "1 of 2 across origins, and the page may read every answer")


def test_an_answer_without_permission_fails_with_its_cause(made, scene) -> None:
    healthy(scene).rest(ACROSS, scene.answer(200))
    ruling = cors.check(made())

    assert (ruling.outcome, ruling.cause) == ("fail", "cors-origin-not-allowed")
    assert ruling.saw == "MissingAllowOriginHeader"
    assert ruling.because == f"a browser keeps the answer of GET {ACROSS} from the page"


def test_no_answer_is_no_cors_error(made, scene) -> None:
    healthy(scene).rest(ACROSS, NoAnswer("tcp", "refused"))
    ruling = cors.check(made())

    assert (ruling.outcome, "connection refused" in str(ruling.because)) == ("skip", True)


def test_a_request_that_never_came_to_an_end_is_broken(made, scene) -> None:
    healthy(scene).rest(OWN, scene.answer(200))
    scene.observations.pop()
    assert cors.check(made()).outcome == "broken"


def test_it_does_not_need_the_socket(made, scene) -> None:
    scene.refused("proxy").opens("direct").rest(OWN, scene.answer(200))
    assert cors.check(made()).outcome == "pass"
