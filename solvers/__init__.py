"""Territory plans: an exact model for small problems, a staged search with a bound for large ones."""

from solvers.cheaper import cheaper
from solvers.find import find
from solvers.quotas import closest_quotas
from solvers.refute import refute
from solvers.response import best_potential
from solvers.solve import solve

__all__ = ["best_potential", "cheaper", "closest_quotas", "find", "refute", "solve"]
