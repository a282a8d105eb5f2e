"""The routes under `/wsdiag/`, and the tab on Locust's main page."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from scenarios.web.roster import Roster
from scenarios.web.snapshot import Run, snapshot

TAB = "websocket"
_SCRIPT = '<script type="module" src="./wsdiag/static/tab.js"></script>'
"""Relative, as Locust's own assets are: a proxy may serve the page under a path of its own."""
_POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"


class Runs:
    """Tells a browser that a new run has started, and when."""

    def __init__(self) -> None:
        """Before the first one."""
        self.number = 0
        self.started_ms: int | None = None

    def begin(self) -> None:
        """A run starts now, on the wall clock."""
        self.number += 1
        self.started_ms = int(time.time() * 1000)


def install(environment: Any, web_ui: Any, current: Callable[[], Run | None]) -> None:
    """Adds tab, page and data to a web UI that has not started yet. `current` gives the run, None before the first."""
    roster, runs = Roster(environment.runner), Runs()

    def begin(**_: Any) -> None:
        roster.clear()
        runs.begin()

    environment.events.test_start.add_listener(begin)
    prefix = (environment.parsed_options.web_base_path or "").rstrip("/")
    routes = Blueprint("wsdiag", __name__, url_prefix=f"{prefix}/wsdiag", static_folder="static")

    def page() -> Response:
        answer = routes.send_static_file("page.html")
        answer.headers["Content-Security-Policy"] = _POLICY
        return answer

    def series() -> Response:
        known = request.args.get("run") == str(runs.number)
        since = _seconds(request.args.get("since", "")) if known else -math.inf
        return _json(
            {
                "run": runs.number,
                "started_ms": runs.started_ms,
                "state": environment.runner.state,
                **snapshot(current(), since, roster.rows()),
            }
        )

    def result() -> Response:
        run = current()
        if run is None:
            return _json({"error": "no run has started yet"}, 404)
        answer = _json(run.result().to_json())
        answer.headers["Content-Disposition"] = "attachment; filename=wsdiag-result.json"
        return answer

    for path, view in {"/": page, "/series": series, "/result.json": result}.items():
        routes.add_url_rule(path, view_func=web_ui.auth_required_if_enabled(view))
    web_ui.app.register_blueprint(routes)
    web_ui.app.after_request(_with_script)
    _offer(web_ui.template_args)


def _offer(template_args: dict[str, Any]) -> None:
    """A tab of Locust's own, which stays empty for it, and a link among its downloads; others' are kept."""
    tabs, files = template_args.get("extended_tabs", []), template_args.get("extended_csv_files", [])
    template_args["extended_tabs"] = [*tabs, {"title": "WebSocket", "key": TAB}]
    download = {"href": "./wsdiag/result.json", "title": "Download wsdiag's result so far (JSON)"}
    template_args["extended_csv_files"] = [*files, download]


def _with_script(answer: Response) -> Response:
    """Locust's main page with the script that fills the tab; every other answer as it is."""
    if request.endpoint == "locust.index" and answer.status_code == 200:
        # The last one, because a page that inlines its bundle has that text in strings too.
        head, end, rest = answer.get_data(as_text=True).rpartition("</body>")
        answer.set_data(f"{head}{_SCRIPT if end else ''}{end}{rest}")
    return answer


def _json(content: dict[str, Any], status: int = 200) -> Response:
    # Not jsonify, which indents: Locust runs Flask in debug mode.
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(text, status, headers, mimetype="application/json")


def _seconds(text: str) -> float:
    """A time that a browser sends; everything is newer than what is none."""
    try:
        found = float(text)
    except ValueError:
        return -math.inf
    return -math.inf if math.isnan(found) else found
