"""Calibration: from the history of opportunities in their stages to a process that can be simulated."""

from simulation.calibrate.run import calibrate as calibrate
