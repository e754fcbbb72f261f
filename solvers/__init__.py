"""Solvers: from a territory problem to an alignment with a proven gap."""
