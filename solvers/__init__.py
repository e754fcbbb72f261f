"""Territory plans: an exact model for small problems, a staged search with a bound for large ones."""

from solvers.quotas import closest_quotas
from solvers.response import best_potential
from solvers.solve import solve

__all__ = ["best_potential", "closest_quotas", "solve"]
