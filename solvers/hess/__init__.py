"""Choose centres and assign units to them, to the proven best (Hess et al. 1965)."""
