"""What is behind the tab: the points that are new, the result, the workers; and who may see them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

OURS = ("/wsdiag/", "/wsdiag/series", "/wsdiag/result.json")


def has_points(number: int) -> Callable[[dict[str, Any]], bool]:
    return lambda answer: answer["total"] >= number


def test_before_the_first_run_there_is_nothing_and_no_error(serve: Callable) -> None:
    web = serve()

    status, headers, body = web.ask("/wsdiag/series")
    assert (status, headers["cache-control"], headers["x-content-type-options"]) == (200, "no-store", "nosniff")
    answer = json.loads(body)
    assert (answer["total"], answer["points"], answer["result"], answer["state"]) == (0, [], None, "ready")
    assert web.ask("/wsdiag/result.json")[0] == 404

    status, headers, body = web.ask("/wsdiag/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert "://" not in body, "the page loads nothing from elsewhere"


def test_tab_stands_on_locusts_main_page_and_nowhere_else(serve: Callable) -> None:
    web = serve()
    page = web.ask("/")[2]
    assert '"extended_tabs": [{"key": "websocket", "title": "WebSocket"}]' in page
    assert page.count("./wsdiag/static/tab.js") == 1
    assert page.index("tab.js") < page.rindex("</body>")
    assert web.ask("/wsdiag/static/tab.js")[1]["content-type"].startswith(("text/javascript", "application/javascript"))
    assert "tab.js" not in web.ask("/stats/report")[2]


def test_points_come_once_and_agree_with_locust(serve: Callable, target: tuple[str, ...]) -> None:
    # given a run of three pages
    web = serve(*target)
    web.swarm(3)
    first = web.until(web.series, has_points(3))
    names = first["fields"]

    # when a browser asks for what is newer than its last point
    last = first["points"][-1][names.index("t")]
    second = web.until(lambda: web.series(run=first["run"], since=last), has_points(first["total"] + 1))

    # then it gets that only, and one that knows another run gets everything
    assert all(point[names.index("t")] > last for point in second["points"])
    assert len(second["points"]) == second["total"] - first["total"]
    for query in ({"run": first["run"] + 1, "since": last}, {"run": first["run"]}, {"run": first["run"], "since": "x"}):
        answer = web.series(**query)
        assert len(answer["points"]) == answer["total"]

    # and when the run has ended, its figures are Locust's own
    web.ask("/stop", {"": ""})
    ended = web.until(web.series, lambda answer: answer["state"] == "stopped")
    assert ended["result"]["sessions"]["opened"] == 3
    assert ended["result"]["heartbeats"]["answered"] > 0
    web.until(web.heartbeats, lambda counted: counted == ended["result"]["heartbeats"]["answered"])
    assert json.loads(web.ask("/wsdiag/result.json")[2])["heartbeats"] == ended["result"]["heartbeats"]
    assert "attachment" in web.ask("/wsdiag/result.json")[1]["content-disposition"]

    # and the next run starts from nothing
    web.swarm(1)
    again = web.until(lambda: web.series(run=first["run"], since=last), has_points(1))
    assert again["run"] == first["run"] + 1
    assert len(again["points"]) == again["total"] < ended["total"]


def test_login_guards_ours_as_it_guards_locusts_own(guarded: Any) -> None:
    for path in ("/", "/stats/requests", *OURS):
        status, headers, body = guarded.ask(path)
        assert (status, headers["location"].partition("?")[0]) == (302, "/load/login"), path
        assert "<p>You should be redirected" in body, path

    assert guarded.ask("/enter", {"password": "open"})[0] == 302
    for path in ("/", "/stats/requests", *OURS[:2]):
        assert guarded.ask(path)[0] == 200, path


def test_codes_have_their_meaning_beside_them(guarded: Any) -> None:
    guarded.ask("/enter", {"password": "open"})
    guarded.swarm(1)
    answer = guarded.until(guarded.series, lambda found: found["result"] and found["result"]["sessions"]["dropped"])
    assert answer["meanings"]["tcp-refused"] == "Nothing listens on this port"
    assert "4999" not in answer["meanings"], "that one is the application's own"
    assert [worker["name"] for worker in answer["workers"]] == ["this process"]


def test_figures_are_all_workers_and_a_lost_one_stays_in_the_list(serve: Callable, target: tuple[str, ...]) -> None:
    # given a run on two workers
    web = serve(*target, "--processes", "2")
    web.until(web.series, lambda answer: len(answer["workers"]) == 2)
    web.swarm(4)
    answer = web.until(web.series, lambda found: found["open_sessions"] == 4)
    assert answer["result"]["sessions"]["opened"] == 4
    assert sum(worker["users"] for worker in answer["workers"]) == 4
    assert not any(worker["lost"] for worker in answer["workers"])

    # when one is killed
    children = Path(f"/proc/{web.process.pid}/task/{web.process.pid}/children").read_text("ascii").split()
    os.kill(int(children[0]), signal.SIGKILL)

    # then its sessions are gone, what it has counted is not, and it is marked
    lost = web.until(web.series, lambda found: any(worker["lost"] for worker in found["workers"]))
    assert [worker["state"] for worker in lost["workers"]].count("lost") == 1
    assert len(lost["workers"]) == 2
    assert lost["result"]["sessions"]["opened"] >= 4


def test_nothing_but_the_static_files_is_served(serve: Callable) -> None:
    web = serve()
    for path in ("../routes.py", "%2e%2e/routes.py", "..%2froutes.py", "missing.js"):
        assert web.ask(f"/wsdiag/static/{path}")[0] == 404, path
