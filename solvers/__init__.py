"""Territory plans: an exact model for small problems, a staged search with a bound for large ones."""

from solvers.quotas import closest_quotas
from solvers.solve import solve

__all__ = ["closest_quotas", "solve"]
