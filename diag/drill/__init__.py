"""Drills: break the connection by a timeline, watch the page's client meanwhile, and say what the user went through.

`run` does it over the network, `schedule` without one; both end in client events, which `losses`, `story` and
`judgement` read.
"""
