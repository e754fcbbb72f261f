"""Quotas: from the company target to a number for each position."""
