"""The page in a real Chromium, driven over the DevTools protocol."""

from __future__ import annotations

import json
import subprocess
import time

import pytest
import websocket

from diag.lab import Lab

pytestmark = pytest.mark.peers

PATIENCE_S = 30.0
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "about:blank",
)


class Browser:
    """One tab."""

    def __init__(self, endpoint):
        self.socket = websocket.create_connection(endpoint, PATIENCE_S, suppress_origin=True)
        self.calls = 0
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method, session=None, **params):
        self.calls += 1
        message = {"id": self.calls, "method": method, "params": params}
        self.socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while (answer := json.loads(self.socket.recv())).get("id") != self.calls:
            pass
        return answer["result"]

    def open(self, url):
        self.call("Page.navigate", self.session, url=url)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", self.session, expression=expression, returnByValue=True)
        return result["result"].get("value")

    def text(self, element):
        return self.evaluate(f"document.getElementById('{element}')?.textContent")

    def until(self, expression):
        """Waits for a JavaScript condition; the page's own text explains a failure."""
        end = time.monotonic() + PATIENCE_S
        while not self.evaluate(expression):
            assert time.monotonic() < end, self.evaluate("document.body.innerText")
            time.sleep(0.05)

    def until_state(self, state):
        self.until(f"document.getElementById('root')?.dataset.state === '{state}'")


@pytest.fixture
def browser(peer, tmp_path):
    command = [peer("chromium"), f"--user-data-dir={tmp_path}", *OPTIONS]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    port_file = tmp_path / "DevToolsActivePort"
    end = time.monotonic() + PATIENCE_S
    while not port_file.exists() or port_file.read_text().count("\n") < 1:
        assert time.monotonic() < end, "Chromium does not start"
        time.sleep(0.05)
    port, path = port_file.read_text().split()
    browser = Browser(f"ws://127.0.0.1:{port}{path}")
    yield browser
    browser.socket.close()
    process.terminate()
    process.wait()


def test_a_healthy_page_is_live_through_both_servers(browser, healthy):
    for origin in healthy.origins:
        browser.open(f"{origin}/")
        browser.until_state("live")
        browser.until("document.querySelectorAll('#bots tr').length === 3")
        browser.until("document.getElementById('heartbeat').textContent.startsWith('answered')")

        assert browser.text("transport") == "WebSocket"
        assert browser.text("last-close") == "none"
        assert browser.evaluate("document.getElementById('retry').hidden")


def test_in_the_incident_the_page_falls_back_visibly_and_still_shows_data(browser, wire):
    lab = wire.lab("incident")

    browser.open(lab.page)
    browser.until_state("polling")
    browser.until("document.querySelectorAll('#bots tr[data-stale=false]').length === 3")

    assert browser.text("transport").startswith("REST")
    assert browser.text("last-close").startswith("1006")
    assert browser.text("failures").startswith("3 ")


def test_an_upgrade_that_nobody_answers_ends_by_the_pages_own_timer(browser, wire):
    lab = wire.lab("unanswered-upgrade")

    browser.open(lab.page)
    browser.until_state("reconnecting")

    assert browser.text("last-close").startswith("given up: no answer in time")


def test_a_policy_violation_is_not_tried_again_until_the_user_says_so(browser, wire):
    lab = wire.lab("close-1008")

    browser.open(lab.page)
    browser.until_state("polling")
    assert browser.text("last-close").startswith("1008: authentication required")
    assert "will not try again by itself" in browser.text("detail")

    browser.evaluate("document.getElementById('retry').click()")
    browser.until("document.getElementById('failures').textContent.startsWith('1 ')")


def test_the_page_comes_back_when_the_backend_does(browser, wire):
    with Lab() as lab:
        ports = lab.backend_port, lab.proxy_port
        browser.open(lab.page)
        browser.until_state("live")
    browser.until_state("offline")

    wire.opened.enter_context(Lab((), *ports))
    browser.evaluate("document.getElementById('retry').click()")
    browser.until_state("live")


def test_values_that_are_no_longer_pushed_are_marked_as_stale(browser, wire):
    lab = wire.lab("no-updates")

    browser.open(lab.page)
    browser.until_state("stale")

    assert browser.evaluate("document.querySelectorAll('tr[data-stale=true]').length") == 6


def test_fields_in_the_wrong_case_are_shown_as_unknown(browser, wire):
    lab = wire.lab("snake-case", "no-updates")

    browser.open(lab.page)
    browser.until("document.querySelector('#bots tr')?.cells[2].textContent === 'unknown'")


def test_an_unanswered_heartbeat_is_shown(browser, wire):
    lab = wire.lab("mute-heartbeat")

    browser.open(lab.page)
    browser.until("document.getElementById('heartbeat')?.textContent.startsWith('unanswered')")
    browser.until_state("live")
