"""wsdiag's options in Locust's command line and web UI, checked before a run starts.

Every option is text: the web UI sends text back, and the master sends all options to its workers with msgpack.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import gevent
from flask import jsonify, request
from locust import events
from locust.runners import WorkerRunner

from diag.config.errors import ConfigError, NoTargetError
from scenarios.load import Given, load_of

DEFAULT_USER = "WebSocketUser"
"""Locust would otherwise spawn every class of the locustfile in equal parts."""

_OPTIONS = (
    ("--ws-url", "WSDIAG_URL", "URL that the page opens: ws://, wss://. Default: the one in wsdiag.yaml"),
    ("--page", "WSDIAG_PAGE", "The page's origin, sent as Origin. Default: the origin of the URL"),
    ("--dialect", "WSDIAG_DIALECT", "How the application beats. Default: orchestration"),
    ("--heartbeat-interval", "WSDIAG_HEARTBEAT_INTERVAL", "How often a page beats, like 500ms, 5s. Default: 45s"),
    ("--poll-url", "WSDIAG_POLL_URL", "What PollingUser fetches. Default: the fallback's request in wsdiag.yaml"),
    ("--poll-every", "WSDIAG_POLL_EVERY", "How often it does, like 500ms, 5s. Default: 10s"),
)


def declare(parser: Any) -> None:
    """Adds the options. An argument group would be cleaner, and Locust's form would not show what is in it."""
    for name, variable, text in _OPTIONS:
        parser.add_argument(name, env_var=variable, default="", help=text)
    parser.add_argument(
        "--wsdiag-updates",
        env_var="WSDIAG_UPDATES",
        action="store_true",
        help="Report every pushed message as `WS update TYPE`; its response time is its age on arrival",
    )
    parser.add_argument(
        "--wsdiag-config",
        env_var="WSDIAG_CONFIG",
        default="",
        include_in_web_ui=False,
        help="Default: wsdiag.yaml in the working directory, when there is one",
    )


def prepare(environment: Any, runner: Any, web_ui: Any, **_: Any) -> None:
    """Ends a run that cannot work, with one line and exit code 2, before it has a user.

    A worker knows the options only when the master has sent them, and the master has checked them by then. With a web
    UI the target may still come from its form.
    """
    if isinstance(runner, WorkerRunner):
        return
    options = environment.parsed_options
    if not (options.user_classes or options.class_picker):
        default = [user_class for user_class in environment.user_classes if user_class.__name__ == DEFAULT_USER]
        environment.user_classes = default or environment.user_classes
    try:
        check(vars(options), () if options.class_picker else environment.user_classes)
    except NoTargetError as error:
        if web_ui is None or options.autostart:
            _end(error)
    except ConfigError as error:
        _end(error)
    if web_ui is not None:
        _guard(environment, web_ui)
    # The event loop's clock has stood still during all imports, and --run-time would count them.
    gevent.get_hub().loop.update_now()


def forget(**_: Any) -> None:
    """Lets a new run see an edited wsdiag.yaml."""
    load_of.cache_clear()


def check(options: Mapping[str, Any], user_classes: Iterable[Any]) -> None:
    """Raises ConfigError for options with which these users cannot work."""
    load_of.cache_clear()
    load = load_of(Given.of(options))
    for user_class in user_classes:
        user_class.check(load)


def _guard(environment: Any, web_ui: Any) -> None:
    """Has a form with a wrong value answered with what is wrong, as Locust answers for its own fields."""
    start: Callable[[], Any] = web_ui.app.view_functions["locust.swarm"]

    @web_ui.auth_required_if_enabled  # type: ignore[untyped-decorator]
    def checked_start() -> Any:
        picked = request.form.getlist("user_classes")
        classes = [known for name, known in environment.available_user_classes.items() if name in picked]
        try:
            check({**vars(environment.parsed_options), **request.form}, classes or environment.user_classes)
        except ConfigError as error:
            return jsonify({"success": False, "message": error.message, "host": environment.host})
        return start()

    web_ui.app.view_functions["locust.swarm"] = checked_start


def _end(error: ConfigError) -> None:
    sys.stderr.write(f"{error.message}\n")
    sys.exit(error.exit_code)


events.init_command_line_parser.add_listener(declare)
events.init.add_listener(prepare)
events.test_start.add_listener(forget)
