"""A test that takes `run_territory` holds for the SimPy model and for the kernel."""

from __future__ import annotations

import pytest

from simulation.process import run_territory as run_in_simpy
from tests.simulation.both import Run, run_in_kernel


@pytest.fixture(params=[run_in_simpy, run_in_kernel], ids=["simpy", "kernel"])
def run_territory(request: pytest.FixtureRequest) -> Run:
    """Each of the two interpreters of a territory."""
    return request.param
