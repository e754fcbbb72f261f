"""A test that takes `run_territory` or `run_office` holds for the SimPy model and for the kernel."""

from __future__ import annotations

import pytest

from tests.simulation.both import INTERPRETERS, Run, RunOffice, one_team


@pytest.fixture(params=list(INTERPRETERS))
def run_office(request: pytest.FixtureRequest) -> RunOffice:
    """Each of the two interpreters of territories that share specialists."""
    return INTERPRETERS[request.param]


@pytest.fixture
def run_territory(run_office: RunOffice) -> Run:
    """Each of the two interpreters of a territory by itself."""
    return lambda deals, team: run_office(deals, one_team(team))
