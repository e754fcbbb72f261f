"""Simulation: from territories and quotas to a year of bookings, many times over."""

from simulation.bookings import simulate_bookings as simulate_bookings
from simulation.run import simulate as simulate
from simulation.run import watch_year as watch_year
