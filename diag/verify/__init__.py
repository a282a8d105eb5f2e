"""The incident's checklist, automated: eight checks on a page's WebSocket. `run` observes, `checks` decide, `report`
puts what they say into the report of the probe.

A check fails when the target is wrong, is skipped when a prerequisite failed or nothing was named to check, and is
broken when wsdiag could not tell.
"""
