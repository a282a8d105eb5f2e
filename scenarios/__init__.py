"""Load scenarios: Locust users that do what the page does. One file a scenario, one import in `locustfile.py`.

Locust patches the process when it is imported, and whatever imports ssl before that recurses in it for ever. So it is
imported here, ahead of every module of this package.
"""

import locust  # noqa: F401
