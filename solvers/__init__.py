"""Territory plans: an exact model for small problems, a staged search with a bound for large ones."""

from solvers.solve import solve

__all__ = ["solve"]
