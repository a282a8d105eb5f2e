"""What a browser decides, as pure functions of bytes: no socket, no clock, no configuration.

A prober that merely speaks HTTP or WebSocket lies about pages, because a browser adds rules that no server sees:
the CORS check and its preflight, mixed content, forbidden headers, a handshake that must be exact. The modules here
are those rules. "Browser" means Chromium; where Chromium, Firefox and the standards differ, the docstring says so.
"""
