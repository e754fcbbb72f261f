"""Simulation: from territories and quotas to a year of bookings, many times over."""

from simulation.run import simulate as simulate
