"""Settings: flags, then `WSDIAG_*`, then `wsdiag.yaml`, become one `Target`; a mistake becomes one line.

`flags.settings` is the way in. Nothing is re-exported here, because `wsdiag --version` needs `errors` and no more.
"""
