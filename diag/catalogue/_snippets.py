"""Configuration that several entries share. The places in braces are filled in by `diag.catalogue.finding`.

In nginx snippets the comments "in the http block" and "in the server block" say where the lines below them go.
"""

from __future__ import annotations

from textwrap import dedent

from diag.model import Snippet


def snippet(where: str, text: str) -> Snippet:
    """A snippet from an indented block; its common indentation and outer blank lines are dropped."""
    return Snippet(where, dedent(text).strip("\n"))


def nginx_websocket(
    *,
    where: str = "nginx",
    location: str = "{path}",
    target: str = "http://{backend}",
    directives: tuple[str, ...] = (),
    http: str = "",
    after: str = "",
) -> Snippet:
    """An nginx location that passes upgrades on, always whole: half of these lines is the usual defect.

    `directives` go into the location, `http` into the http block, `after` behind the location.
    """
    lines = [
        "# in the http block",
        "map $http_upgrade $connection_upgrade {",
        "    default upgrade;",
        "    ''      close;",
        "}",
        *http.splitlines(),
        "# in the server block",
        f"location {location} {{",
        f"    proxy_pass {target};",
        "    proxy_http_version 1.1;  # the default since nginx 1.29.7",
        "    proxy_set_header Upgrade $http_upgrade;",
        "    proxy_set_header Connection $connection_upgrade;",
        "    proxy_set_header Host $http_host;",
        *(f"    {directive}" for directive in directives),
        "}",
        *after.splitlines(),
    ]
    return Snippet(where, "\n".join(lines))


NGINX_WEBSOCKET = nginx_websocket()

NGINX_TIMEOUTS = nginx_websocket(
    directives=(
        "proxy_read_timeout 3600s;  # silence in both directions; 60s by default",
        "proxy_send_timeout 3600s;",
    )
)

APACHE_WEBSOCKET = snippet(
    "Apache httpd (2.4.47 or later)",
    """
    ProxyPreserveHost On
    ProxyPass        "{path}" "http://{backend}{path}" upgrade=websocket
    ProxyPassReverse "{path}" "http://{backend}{path}"
    """,
)

ENVOY_WEBSOCKET = snippet(
    "Envoy (http_connection_manager)",
    """
    upgrade_configs:
      - upgrade_type: websocket
    """,
)

CADDY_WEBSOCKET = snippet(
    "Caddy",
    """
    handle {path} {
        reverse_proxy {backend}
    }
    """,
)

HAPROXY_ROUTE = snippet(
    "HAProxy",
    """
    frontend www
        bind :8080
        acl is_websocket path_beg {path}
        use_backend app if is_websocket

    backend app
        timeout tunnel 1h
        server app1 {backend}
    """,
)

HAPROXY_TUNNEL = snippet(
    "HAProxy",
    """
    defaults
        mode http
        timeout connect 5s
        timeout client  30s
        timeout server  30s
        timeout tunnel  1h  # replaces client and server timeouts once the upgrade is done
    """,
)


def vite_proxy(options: str, *, where: str = "Vite (vite.config.ts)") -> Snippet:
    """A rule of Vite's development proxy for the WebSocket path."""
    lines = (
        "export default defineConfig({",
        "  server: {",
        "    proxy: {",
        "      '{path}': { " + options + " },",
        "    },",
        "  },",
        "})",
    )
    return Snippet(where, "\n".join(lines))


VITE_PROXY = vite_proxy("target: 'ws://{backend}', ws: true")

WEBPACK_PROXY = snippet(
    "webpack-dev-server 5 (webpack.config.js)",
    """
    module.exports = {
      devServer: {
        proxy: [{ context: ['{path}'], target: 'http://{backend}', ws: true }],
      },
    }
    """,
)

INGRESS_TIMEOUTS = snippet(
    "Kubernetes ingress-nginx",
    """
    metadata:
      annotations:
        nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
        nginx.ingress.kubernetes.io/proxy-send-timeout: "3600"
    """,
)

ALB_TIMEOUT = snippet(
    "AWS Application Load Balancer (shell)",
    """
    aws elbv2 modify-load-balancer-attributes --load-balancer-arn "$ALB_ARN" \\
      --attributes Key=idle_timeout.timeout_seconds,Value=3600
    """,
)

SAME_ORIGIN_URL = snippet(
    "Browser code",
    """
    const url = new URL('{path}', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url)
    """,
)

ENV_DEVELOPMENT = snippet(".env.development (restart Vite after a change)", "VITE_WS_BASE_URL=ws://{page_host}")

LISTENERS = snippet("Shell (on the server)", "ss -ltnp")

NGINX_TLS = snippet(
    "nginx",
    """
    # in the http block
    server {
        listen 443 ssl;
        server_name {host};
        ssl_certificate     /etc/ssl/site/fullchain.pem;  # the leaf first, then the intermediates
        ssl_certificate_key /etc/ssl/site/privkey.pem;
    }
    """,
)

NGINX_CORS = snippet(
    "nginx",
    """
    # in the server block
    location /api/ {
        proxy_pass http://{backend};
        proxy_hide_header Access-Control-Allow-Origin;
        add_header Access-Control-Allow-Origin "{page}" always;
        add_header Vary Origin always;
    }
    """,
)

VITE_API = snippet(
    "Vite (vite.config.ts)",
    """
    export default defineConfig({
      server: {
        proxy: {
          '/api': { target: 'http://{backend}' },
          '{path}': { target: 'ws://{backend}', ws: true },
        },
      },
    })
    """,
)

NGINX_API = snippet(
    "nginx",
    """
    # in the server block
    location /api/ {
        proxy_pass http://{backend};
        proxy_set_header Host $http_host;
    }
    """,
)
