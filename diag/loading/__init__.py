"""Load runs without Locust in the process: importing it patches everything, so that it runs as a program of its own.

* `plan.Plan`: what a run is to do; `plan.command(plan, …)` is Locust's command line for it.
* `handover`: the settings as one text, which reaches Locust and its workers through the environment.
* `guard`: load goes only where it was asked to go.
* `descriptors`: whether so many sockets fit into a process.
* `process.Run`: Locust as a child: started, followed, drained on Ctrl-C, gone at the end.
* `progress.Snapshot`: a second of a run, as Locust reports it while it runs.
* `lab`: the embedded system as a process of its own, whose CPU time can be read (`cpu`).
* `judging`: from a result to a report; `blocks`: from alternating runs to a comparison.
"""
