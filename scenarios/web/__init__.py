"""Locust's web UI, with a *WebSocket* tab: what users measure, live, with the workers' figures merged.

The tab is one of Locust's own, filled by a script of ours. `/wsdiag/` shows the same without Locust's page, for a
Locust whose page has changed. Behind both: `/wsdiag/series`, the points that are new and the result so far, and
`/wsdiag/result.json`, the result to download. Login and base path are those of Locust's own routes.

`routes.install` adds all of it. `static/` holds what runs in the browser: modules without a build step, which load
nothing from elsewhere.
"""
