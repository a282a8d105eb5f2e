"""A local proxy that breaks connections on purpose, on loopback, in front of a target.

`proxy.FaultProxy` is the way in, `fault` has the faults. It passes bytes on, and understands as much HTTP and WebSocket
as its faults need: where frames end, which are pongs, how a Close is written.
"""
