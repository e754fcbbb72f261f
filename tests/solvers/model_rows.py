"""Read the rows of a Pyomo model, to compare them with rows written by hand."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.repn import generate_standard_repn

Row = tuple[dict[str, float], float | None, float | None]


def rows(constraint: Any) -> list[Row]:
    """Read rows as (coefficient by variable, lower, upper); constants are moved to the limits."""
    found = []
    for row in constraint.values():
        terms, constant = linear_terms(row.body)
        lower, upper = (None if end is None else pyo.value(end) - constant for end in (row.lower, row.upper))
        found.append((terms, lower, upper))
    return found


def linear_terms(expression: Any) -> tuple[dict[str, float], float]:
    """Read a linear expression: non-zero coefficient by variable, and the constant."""
    read = generate_standard_repn(expression)
    assert read.is_linear()
    terms = zip(read.linear_vars, read.linear_coefs, strict=True)
    return {v.name: c for v, c in terms if c}, read.constant


def assert_rows(constraint: Any, expected: list[Row]) -> None:
    """Compare rows with a float's tolerance."""
    found = rows(constraint)
    assert len(found) == len(expected), found
    for (terms, *ends), (expected_terms, *expected_ends) in zip(found, expected, strict=True):
        assert terms == pytest.approx(expected_terms)
        assert ends == pytest.approx(expected_ends)
