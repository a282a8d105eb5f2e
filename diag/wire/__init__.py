"""The only code that talks to the network: resolve, connect, TLS, one raw HTTP exchange, a live session, REST.

Nothing here has an opinion. Every failure of the network comes back as a value (`diag.observations.NoAnswer`), every
read is bounded in bytes and in time, and no proxy variable of the environment is ever consulted.
"""
