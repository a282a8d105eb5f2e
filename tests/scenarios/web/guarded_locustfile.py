"""Users without a network, behind a login: one meets a failure whose code is markup, as no server should choose it."""

from __future__ import annotations

from typing import Any

from flask import redirect, request
from flask_login import UserMixin, login_user
from locust import events, task

from scenarios.metrics import record
from scenarios.user import PageUser

HOSTILE = "<img src=x onerror=errors.push(1)>"


class Operator(UserMixin):
    def get_id(self) -> str:
        return "operator"


class HostileUser(PageUser):
    def on_start(self) -> None:
        self.pause_s = 0.05
        record.opened(0.002)
        record.failed(HOSTILE, 0.001)
        record.failed("tcp-refused", 0.001)
        record.dropped("close-1012", 4999, 1.0)

    @task
    def beat(self) -> None:
        record.beat_sent()
        record.beat(0.004)


@events.init.add_listener
def guard(web_ui: Any, **_: Any) -> None:
    if web_ui is None:
        return
    web_ui.app.config["SECRET_KEY"] = "only for this test"
    web_ui.login_manager.user_loader(lambda _: Operator())
    web_ui.auth_args = {"username_password_callback": "/load/enter"}

    @web_ui.app.route("/load/enter", methods=["POST"])
    def enter() -> Any:
        if request.form["password"] == "open":
            login_user(Operator())
        return redirect("/load/")
