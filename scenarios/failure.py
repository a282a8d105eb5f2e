"""How a failure stands in Locust's tables."""

from __future__ import annotations


class LoadFailure(Exception):  # noqa: N818 - it is named in Locust's Failures table
    """A cause's code and nothing else.

    Locust has one row for every distinct repr, up to 500, so a port, an id or a time in it would flood the table.
    """

    @property
    def code(self) -> str:
        """The code, as the catalogue has it where it has one."""
        return str(self.args[0])


class WsFailure(LoadFailure):
    """Of a socket: its handshake, its session or a heartbeat."""


class RestFailure(LoadFailure):
    """Of a REST request."""
