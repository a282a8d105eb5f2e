"""Probes: each collects one kind of observation over one route and has no opinion about it."""
