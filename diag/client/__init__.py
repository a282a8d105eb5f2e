"""The reference client: the page's own behaviour over time (heartbeats, reconnection, fallback), as timed events."""
