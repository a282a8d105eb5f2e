"""The tab and the page, as a real Chromium shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.peers

NONE = "\N{EN DASH}"
TAB = "[...document.querySelectorAll('[role=tab]')].find((tab) => tab.textContent === 'WebSocket')"
HOSTILE = "<img src=x onerror=errors.push(1)>"
ASKED = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/wsdiag/series')).length"

AXES = {
    "scale.linear([3], {integers: true}).ticks": [0, 1, 2, 3, 4],
    "scale.linear([42]).ticks": [0, 20, 40, 60],
    "scale.linear([]).ticks.length > 1": True,
    "scale.logarithmic([0.5, 2000]).ticks": [0.1, 1, 10, 100, 1000, 10000],
    "scale.logarithmic([12, 80]).ticks": [10, 20, 50, 100],
    "scale.logarithmic([0, 5]).of(0)": 0,
    "scale.prefersLog([1, 30], false)": False,
    "scale.prefersLog([1, 30], true)": True,
    "scale.prefersLog([1, 50], false)": True,
    "scale.prefersLog([0, 0], true)": False,
    "scale.timeTicks(0, 95, 6)": [0, 30, 60, 90],
    "scale.extreme(Array(200000).fill(7), Math.max)": 7,
    "[0.8124, 11.94, 1007.6, 0, null].map(format.number)": ["0.812", "11.9", "1,008", "0", NONE],
    "[83, 3723].map(format.clock)": ["1:23", "1:02:03"],
    "[format.percent(1, 3), format.percent(0, 0)]": ["33.3 %", NONE],
}


def chart(title: str) -> str:
    return f"[...document.querySelectorAll('.wsdiag .chart')].find((one) => one.innerText.startsWith('{title}'))"


def test_tab_shows_the_figures_of_all_workers_live(serve: Callable, browse: Callable, target: tuple[str, ...]) -> None:
    # given a run on two workers, under a path of its own
    web = serve(*target, "--processes", "2", base="/load")
    web.until(web.series, lambda answer: len(answer["workers"]) == 2)
    web.swarm(4)
    web.until(web.series, lambda answer: answer["open_sessions"] == 4)
    browser = browse(web)
    evaluate = browser.page.evaluate

    # when the tab is opened by a click
    browser.go("/")
    browser.until(TAB)
    assert evaluate("document.querySelector('.wsdiag')") is None
    evaluate(f"{TAB}.click()")

    # then it shows tiles, charts and tables with the figures of both
    browser.until("document.querySelectorAll('.wsdiag .plot .line').length > 8")
    assert browser.tile("Open sessions") == "4"
    assert browser.tile("Handshakes failed") == "0 %"
    assert "2 workers" in browser.text(".wsdiag .state")
    assert "lost" not in browser.text(".wsdiag .tables")
    assert "No handshake has failed" in evaluate(f"{chart('Handshake failures by cause')}.innerText")

    # and new points come by themselves, only those that are new
    points = f"{chart('Open sessions')}.querySelector('.plot path.line').getAttribute('d').split('L').length"
    drawn = evaluate(points)
    browser.until(f"{points} >= {drawn + 2}")

    # and a line can be switched off, and read at any moment by keyboard, which the browser keeps
    evaluate(f"{chart('Open sessions')}.querySelector('button').click()")
    assert evaluate(f"{chart('Open sessions')}.querySelectorAll('.plot path.line').length") == 1
    evaluate(f"{chart('Open sessions')}.querySelector('svg.plot').focus()")
    for key in ("ArrowLeft", "Home"):
        browser.page.call("Input.dispatchKeyEvent", type="keyDown", key=key)
    assert evaluate("document.querySelectorAll('.wsdiag .cursor').length") >= 3, "all charts show the same moment"
    browser.page.call("Input.dispatchKeyEvent", type="keyDown", key="Escape")
    assert evaluate("document.querySelectorAll('.wsdiag .cursor').length") == 0

    # and it follows Locust's switch to dark colours and back
    scheme = "getComputedStyle(document.querySelector('.wsdiag')).colorScheme"
    switch = "[...document.querySelectorAll('header button')].at(-1).click()"
    before = evaluate(scheme)
    evaluate(switch)
    browser.until(f"{scheme} !== '{before}'")

    # and it is gone with the tab, and comes back by its address
    evaluate("document.querySelector('[role=tab]').click()")
    browser.until("!document.querySelector('.wsdiag')")
    browser.go("/?tab=websocket")
    browser.until("document.querySelector('.wsdiag .plot .line')")
    assert browser.complaints == []


def test_tab_follows_a_run_to_its_end_and_into_the_next(serve: Callable, browse: Callable, target: Any) -> None:
    # given a run that the tab shows
    web = serve(*target)
    web.swarm(2)
    browser = browse(web)
    browser.go("/?tab=websocket")
    browser.until("document.querySelector('.wsdiag .state')?.textContent.startsWith('Running: 0:0')")

    # when nobody looks, then nothing is asked for until somebody does
    hide = "Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true});"
    tell = "document.dispatchEvent(new Event('visibilitychange'))"
    browser.page.evaluate(hide % "hidden" + tell)
    seen = web.series()["total"]
    web.until(web.series, lambda answer: answer["total"] >= seen + 2)
    asked = browser.page.evaluate(ASKED)
    web.until(web.series, lambda answer: answer["total"] >= seen + 4)
    assert browser.page.evaluate(ASKED) == asked
    browser.page.evaluate(hide % "visible" + tell)
    browser.until(f"{ASKED} > {asked}")

    # when it is stopped, then the figures stay, and are Locust's
    web.ask("/stop", {"": ""})
    browser.until("document.querySelector('.wsdiag .state').textContent.startsWith('Stopped')")
    answered = web.series()["result"]["heartbeats"]["answered"]
    web.until(web.heartbeats, lambda counted: counted == answered)
    times = "[...document.querySelectorAll('.wsdiag tr')].find((row) => row.innerText.startsWith('Heartbeat round'))"
    browser.until(f"{times}?.cells[1].textContent === {json.dumps(f'{answered:,}')}")

    # and the next run starts from nothing
    web.swarm(1)
    browser.until("document.querySelector('.wsdiag .state').textContent.startsWith('Running: 0:0')")
    browser.until(f"{chart('Open sessions')}.querySelector('.legend b').textContent === '1'")
    assert browser.complaints == []

    # and when Locust goes away, the tab says so
    web.process.terminate()
    browser.until("document.querySelector('.wsdiag .banners').textContent.includes('Locust does not answer')")
    assert browser.tile("Open sessions") != ""


def test_page_of_its_own_needs_the_login_and_shows_text_as_text(guarded: Any, browse: Callable) -> None:
    # given a browser that is not logged in: it is sent to the login
    browser = browse(guarded)
    browser.page.call("Page.navigate", url=guarded.url + "/wsdiag/")
    browser.until("location.pathname === '/load/login'")

    # when it logs in before the first run, then the page says what will come
    browser.page.evaluate("fetch('/load/enter', {method: 'POST', body: new URLSearchParams({password: 'open'})})")
    browser.go("/wsdiag/")
    browser.until("!document.querySelector('.coming').hidden")
    assert "No test has run yet." in browser.text(".state")
    assert "Heartbeat round trip" in browser.text(".coming")

    # when users meet failures, then causes and close codes are there, and markup among them is text
    guarded.ask("/enter", {"password": "open"})
    guarded.swarm(1)
    browser.until(f"document.querySelector('.tables').innerText.includes({json.dumps(HOSTILE)})")
    browser.until(f"{chart('Handshake failures by cause')}.innerText.includes({json.dumps(HOSTILE)})")
    assert browser.page.evaluate("document.querySelectorAll('.wsdiag img').length") == 0
    assert "Nothing listens on this port" in browser.text(".tables")
    assert "4999" in browser.text(".tables")
    assert browser.tile("Handshakes failed") == "▲ 66.7 %"

    # and its colours are those that the browser prefers
    ground = "getComputedStyle(document.body).backgroundColor"
    found = []
    for value in ("dark", "light"):
        browser.page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": value}])
        found.append(browser.page.evaluate(ground))
    assert found == ["rgb(18, 21, 25)", "rgb(246, 248, 250)"]

    # and nothing is wider than a telephone
    browser.page.call("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=True)
    browser.until("innerWidth === 360")
    assert browser.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert browser.complaints == []

    # when the login ends, then it says so instead of standing still
    browser.page.call("Network.clearBrowserCookies")
    browser.until("document.querySelector('.banners').textContent.includes('You are logged out')")


def test_a_gap_stays_a_gap_and_a_lone_value_is_a_dot(serve: Callable, browse: Callable) -> None:
    browser = browse(serve())
    browser.go("/wsdiag/")
    drawn = browser.page.evaluate("""import('./static/chart.js').then(async ({Chart, Cursor}) => {
        const spec = {title: 'Any', unit: 'ms', empty: 'nothing', times: true, show: String};
        const any = new Chart(spec, new Cursor());
        document.querySelector('main').replaceChildren(any.element);
        document.querySelector('main').className = 'wsdiag';
        any.update([1, 2, 3, 4, 5, 6], [{key: 'a', colour: 'blue', values: [1, 2, null, 900, null, 0]}]);
        const d = (kind) => any.plot.querySelector(`path.${kind}`).getAttribute('d');
        const found = [d('line').match(/M/g).length, d('lone').match(/M/g).length, any.unit.textContent];
        any.update([1, 2], [{key: 'a', colour: 'blue', values: [null, null]}]);
        return [...found, any.element.className, any.element.innerText.includes('nothing')];
    })""")
    assert drawn == [1, 2, "ms, logarithmic", "chart nothing", True]


def test_axes_and_numbers_are_round(serve: Callable, browse: Callable) -> None:
    browser = browse(serve())
    browser.go("/wsdiag/")
    load = "Promise.all([import('./static/scale.js'), import('./static/format.js')]).then(([scale, format]) => %s)"
    assert {script: browser.page.evaluate(load % script) for script in AXES} == AXES
