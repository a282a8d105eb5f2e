from __future__ import annotations

import json
import re

import pytest

from diag.lab.config import PageConfig
from diag.lab.site import Site, inline_config


def filled_in(body):
    """The configuration as the page's script reads it."""
    inline = re.search(rb'<script type="application/json" id="lab-config">(.*?)</script>', body, re.DOTALL)
    return json.loads(inline.group(1))


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/link.js", "text/javascript; charset=utf-8"),
        ("/polling.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
    ],
)
def test_both_servers_serve_the_same_page(healthy, wire, path, content_type):
    replies = [wire.exchange(port, path=path) for port in (healthy.backend_port, healthy.proxy_port)]

    assert [reply.status for reply in replies] == [200, 200]
    assert [reply.all("content-type") for reply in replies] == [[content_type]] * 2
    assert replies[0].body == replies[1].body != b""


def test_the_page_uses_nothing_from_elsewhere(healthy, wire):
    for path in ("/", "/app.js", "/link.js", "/polling.js", "/style.css"):
        body = wire.exchange(healthy.proxy_port, path=path).body
        assert b"//" not in re.sub(rb"(?m)(^| )// .*$", b"", body)


@pytest.mark.parametrize("path", ["/app.js", "/link.js", "/polling.js"])
def test_no_value_becomes_markup(healthy, wire, path):
    body = wire.exchange(healthy.proxy_port, path=path).body

    assert not re.search(rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", body)


def test_the_page_opens_the_socket_of_whoever_serves_it(healthy, wire):
    for port in (healthy.backend_port, healthy.proxy_port):
        assert filled_in(wire.exchange(port, path="/").body)["socketUrl"] == "/ws"


def test_in_the_incident_the_development_page_goes_past_the_proxy(wire):
    lab = wire.lab("incident")

    urls = [filled_in(wire.exchange(port, path="/").body)["socketUrl"] for port in (lab.backend_port, lab.proxy_port)]

    assert urls == ["/ws", lab.target().url]


def test_the_page_is_told_the_policy_in_milliseconds():
    config = inline_config(PageConfig(), "/ws")

    assert config["reconnectAttempts"] == 3
    assert config["reconnectIntervalMs"] == 1000
    assert config["pollIntervalMs"] == 1000


def test_a_value_cannot_end_the_inline_script():
    body = Site({"socketUrl": "</script><script>alert(1)</script>"}).get("/").body

    assert b"<script>alert" not in body
    assert filled_in(body) == {"socketUrl": "</script><script>alert(1)</script>"}


def test_the_file_that_is_a_template_is_not_served_as_it_is():
    assert "/index.html" not in Site({}).paths
    assert b"__LAB_CONFIG__" not in Site({}).get("/index.html").body
