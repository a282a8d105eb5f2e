"""Code of servers that several entries share; placed and filled like `_snippets`."""

from __future__ import annotations

from diag.catalogue._snippets import snippet

CHANNELS_ORIGINS = snippet(
    "Django Channels (asgi.py)",
    """
    application = ProtocolTypeRouter({
        "http": get_asgi_application(),
        "websocket": OriginValidator(URLRouter(websocket_urlpatterns), ["{page}"]),
    })
    """,
)

GORILLA_ORIGINS = snippet(
    "Go (gorilla/websocket)",
    """
    upgrader := websocket.Upgrader{
        CheckOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") == "{page}" },
    }
    """,
)

SERVER_LOG = (
    snippet("uvicorn (shell)", "uvicorn app:app --log-level debug"),
    snippet("systemd (shell)", "journalctl -u my-backend --since -5min"),
)

STARLETTE_CORS = snippet(
    "Starlette or FastAPI",
    """
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["{page}"],
        allow_methods=["*"],
        allow_headers=["*"],
        allow_credentials=True,
    )
    """,
)

EXPRESS_CORS = snippet("Express (cors)", "app.use(cors({ origin: '{page}', credentials: true }))")

DJANGO_CORS = snippet("Django (django-cors-headers, settings.py)", 'CORS_ALLOWED_ORIGINS = ["{page}"]')

HEALTH_ROUTE = snippet(
    "Starlette or FastAPI",
    """
    @app.get("/api/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}
    """,
)
