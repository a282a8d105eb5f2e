"""A watch as lines: one for each heartbeat and each change of state, and a summary at the end, as ping prints them."""

from __future__ import annotations

from dataclasses import dataclass, field

import click

from diag.client.events import ClientEvent
from diag.client.heartbeats import APPLICATION, PROTOCOL
from diag.commands._terminal import write_stdout
from diag.commands._watch_run import Subject, Watch
from diag.commands._watch_words import beating, changed, round_trip, seconds, summary
from diag.config.errors import printable

STYLES = {"missed": "red", "closed": "red", "refused": "red", "gave-up": "red", "waiting": "yellow", "opened": "green"}
Line = tuple[ClientEvent, str]


@dataclass(slots=True)
class Lines:
    """The view for pipes and for `--plain`."""

    subject: Subject
    color: bool
    wants_messages: bool = False
    _telling: Telling = field(init=False)

    def __post_init__(self) -> None:
        """One beat's answer and its pong share a line."""
        self._telling = Telling(self.subject)

    def begin(self) -> bool:
        """What is watched, and how."""
        limit_s = self.subject.target.idle_limit_s
        beside = f"beside it sessions are silent for {seconds(limit_s)}, to find idle limits\n" if limit_s else ""
        return write_stdout(f"WATCH {printable(self.subject.url)}, {beating(self.subject)}\n{beside}")

    def show(self, events: list[ClientEvent], watch: Watch) -> bool:  # noqa: ARG002 - the view's signature
        """A line for each event that has one."""
        return self._write([line for event in events for line in self._telling.take(event)])

    def finish(self, watch: Watch) -> None:
        """The summary."""
        self._write(self._telling.flush())
        write_stdout("\n".join(["", *summary(watch, color=self.color)]) + "\n")

    def _write(self, lines: list[Line]) -> bool:
        return not lines or write_stdout("".join(self._styled(event, text) for event, text in lines))

    def _styled(self, event: ClientEvent, text: str) -> str:
        line, style = f"{event.at_s:8.1f} s  {text}", STYLES.get(event.kind)
        return (click.style(line, fg=style) if self.color and style else line) + "\n"


@dataclass(slots=True)
class Telling:
    """Events as lines. An answered beat waits for the pong beside it, until anything else is to be said."""

    subject: Subject
    kind: str = PROTOCOL
    held: ClientEvent | None = None
    pong: tuple[int | None, str] = (None, "")

    def take(self, event: ClientEvent) -> list[Line]:
        """The lines that are complete with this event, each with the event that it tells of."""
        if event.kind in ("message", "beat"):
            self.kind = event.text if event.text == APPLICATION and event.kind == "beat" else self.kind
            return []
        if event.kind in ("answered", "missed") and event.text != self.kind:
            return self._beside(event)
        lines = self.flush()
        if event.kind != "answered":
            text = changed(event, self.subject)
            return [*lines, (event, text)] if text else lines
        self.held = event
        return [*lines, *self.flush()] if self._is_complete(event) else lines

    def flush(self) -> list[Line]:
        """The answer that still waits for its pong."""
        event, self.held = self.held, None
        if event is None:
            return []
        pong = f"   pong {self.pong[1]}" if self.pong[0] == event.number else ""
        return [(event, f"beat {event.number}   {round_trip(event.value):>8}{pong}")]

    def _is_complete(self, event: ClientEvent) -> bool:
        return event.text == PROTOCOL or self.pong[0] == event.number

    def _beside(self, event: ClientEvent) -> list[Line]:
        if event.kind == "answered":
            self.pong = (event.number, round_trip(event.value))
        return self.flush() if self.held and self.held.number == event.number else []
