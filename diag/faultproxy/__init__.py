"""A local proxy that breaks connections on purpose, on loopback, in front of a target."""
