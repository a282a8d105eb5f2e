"""wsdiag's options in Locust's command line and web UI, checked before a run starts.

Every option is text: the web UI sends text back, and the master sends all options to its workers with msgpack.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import gevent
from flask import jsonify, request
from locust import argument_parser, events
from locust.runners import WorkerRunner
from locust.util.timespan import parse_timespan

from diag.config.errors import ConfigError, NoTargetError
from diag.loading import guard, shapes
from scenarios import mixed
from scenarios.load import Given, Load, load_of
from scenarios.metrics import run
from scenarios.shapes import installing
from scenarios.web import routes

DEFAULT_USER = "WebSocketUser"
"""Locust would otherwise spawn every class of the locustfile in equal parts."""

_OPTIONS = (
    ("--ws-url", "WSDIAG_URL", "URL that the page opens: ws://, wss://. Default: the one in wsdiag.yaml"),
    ("--page", "WSDIAG_PAGE", "The page's origin, sent as Origin. Default: the origin of the URL"),
    ("--dialect", "WSDIAG_DIALECT", "How the application beats. Default: orchestration"),
    ("--heartbeat-interval", "WSDIAG_HEARTBEAT_INTERVAL", "How often a page beats, like 500ms, 5s. Default: 45s"),
    ("--poll-url", "WSDIAG_POLL_URL", "What polling pages fetch. Default: the fallback's request in wsdiag.yaml"),
    (
        "--poll-every",
        "WSDIAG_POLL_EVERY",
        "How often they do, like 500ms, 5s; 0s: as fast as answers come. Default: 10s",
    ),
    (
        "--wsdiag-mix",
        "WSDIAG_MIX",
        'Kinds of pages and their weights: "websocket=8,polling=1,fallback=1". Default: the classes named',
    ),
    ("--wsdiag-shape", "WSDIAG_SHAPE", f"How the number of users goes up and down: {', '.join(shapes.NAMES)}"),
    (
        "--wsdiag-session-time",
        "WSDIAG_SESSION_TIME",
        "How long a page keeps its socket before it leaves and comes back; 0s: at once. Default: for the whole run",
    ),
    (
        "--wsdiag-jitter",
        "WSDIAG_JITTER",
        "Whether chance takes up to half off every wait before a reconnection: true or false. Default: true",
    ),
    (
        "--wsdiag-conditional",
        "WSDIAG_CONDITIONAL",
        "Whether polls send If-None-Match and If-Modified-Since, so that a 304 may come: true or false. Default: false",
    ),
    (
        "--wsdiag-storm-every",
        "WSDIAG_STORM_EVERY",
        "How often ReconnectStormUser loses all its sockets at once. Default: a third of the run time, else 10s",
    ),
    (
        "--wsdiag-reprobe",
        "WSDIAG_REPROBE",
        "How often FallbackUser tries its socket again when its attempts are used up, like 30s. Default: never",
    ),
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
        "--yes-load",
        env_var="WSDIAG_YES_LOAD",
        default="",
        include_in_web_ui=False,
        help="Hosts that may be put under load though they are not this machine, with blanks between them",
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
        # The master's mix may have classes that this command line does not name.
        environment.user_classes = list(environment.available_user_classes.values())
        return
    options = environment.parsed_options
    if not (options.user_classes or options.class_picker):
        default = [user_class for user_class in environment.user_classes if user_class.__name__ == DEFAULT_USER]
        environment.user_classes = default or environment.user_classes
    try:
        load = check(environment, vars(options), () if options.class_picker else environment.user_classes)
        _adopt(environment, load)
    except NoTargetError as error:
        if web_ui is None or options.autostart:
            _end(error)
    except ConfigError as error:
        _end(error)
    if web_ui is not None:
        _guard(environment, web_ui)
        routes.install(environment, web_ui, run)
    # The event loop's clock has stood still during all imports, and --run-time would count them.
    gevent.get_hub().loop.update_now()


def forget(**_: Any) -> None:
    """Lets a new run see an edited wsdiag.yaml."""
    load_of.cache_clear()


def check(environment: Any, options: Mapping[str, Any], user_classes: Iterable[Any]) -> Load:
    """The settings that these options stand for; ConfigError for those with which these users cannot work."""
    load_of.cache_clear()
    load = load_of(Given.of(options))
    strangers = guard.strangers(load.target, load.polls, load.allowed)
    if strangers:
        raise ConfigError(guard.refusal(strangers))
    mix = load.behaviour.mix
    for user_class in mixed.population(mix, environment.available_user_classes) if mix else user_classes:
        user_class.check(load)
    return load


def _adopt(environment: Any, load: Load) -> None:
    """Gives Locust the population and the shape of the next run."""
    if load.behaviour.mix:
        environment.user_classes = mixed.population(load.behaviour.mix, environment.available_user_classes)
    installing.install(environment, load.behaviour.shape)


def _guard(environment: Any, web_ui: Any) -> None:
    """Has a form with a wrong value answered with what is wrong, as Locust answers for its own fields."""
    start: Callable[[], Any] = web_ui.app.view_functions["locust.swarm"]

    @web_ui.auth_required_if_enabled  # type: ignore[untyped-decorator]
    def checked_start() -> Any:
        picked = request.form.getlist("user_classes")
        classes = [known for name, known in environment.available_user_classes.items() if name in picked]
        try:
            _refuse_leave(request.form)
            options = {**vars(environment.parsed_options), **request.form}
            load = check(environment, options, classes or environment.user_classes)
        except ConfigError as error:
            return jsonify({"success": False, "message": error.message, "host": environment.host})
        _adopt_form(environment, load, request.form)
        return start()

    web_ui.app.view_functions["locust.swarm"] = checked_start


def _adopt_form(environment: Any, load: Load, form: Mapping[str, str]) -> None:
    """A shape is made from the numbers of the form; Locust takes them over only while it starts."""
    options = environment.parsed_options
    numbers = {
        "user_count": ("num_users", int),
        "spawn_rate": ("spawn_rate", float),
        "run_time": ("run_time", parse_timespan),
    }
    for field, (option, number) in numbers.items():
        with suppress(KeyError, ValueError):  # Locust says what is wrong with it
            setattr(options, option, number(form[field]))
    _adopt(environment, load)


def _refuse_leave(form: Mapping[str, Any]) -> None:
    """Who may be loaded is said where Locust is started: any page that its user visits can send this form."""
    named = next((name for name in ("yes_load", "wsdiag_config", "wsdiag_out") if form.get(name)), None)
    if named is not None:
        raise ConfigError(f"wsdiag: {named} cannot be set from here: give it when Locust is started")


def _end(error: ConfigError) -> None:
    sys.stderr.write(f"{error.message}\n")
    sys.exit(error.exit_code)


# Locust 2.47 builds its whole parser anew for every option of every spawn message: a worker then does nothing else for
# 100 to 200 ms of each second of a ramp. What is in it does not change.
argument_parser.default_args_dict = cache(argument_parser.default_args_dict)
events.init_command_line_parser.add_listener(declare)
events.init.add_listener(prepare)
events.test_start.add_listener(forget)
