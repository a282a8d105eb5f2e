"""The lab's faults, one file each; `diag.lab.fault.load_faults` finds them by walking this folder."""
