"""The one place that starts HiGHS: Pyomo model in, checked outcome out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.contrib.solver.common.results import SolutionStatus, TerminationCondition
from pyomo.contrib.solver.solvers.highs import Highs

from engine.plan import Status

# At or above this magnitude HiGHS reads a number as "no limit", without a word.
NO_LIMIT = 1e20


@dataclass(frozen=True)
class Outcome:
    """What HiGHS answered.

    Parameters
    ----------
    status
        In our own words; ``optimal`` means within the gap that was asked for.
    objective
        Value of the incumbent; NaN when there is none.
    bound
        Proven lower limit of the optimum; -inf when there is none.
    timed_out
        Whether the time limit ended the search.
    """

    status: Status
    objective: float
    bound: float
    timed_out: bool


class HighsModel:
    """A Pyomo model loaded into HiGHS, to be solved again after constraints were added to it."""

    def __init__(self, model: pyo.ConcreteModel, *, seed: int) -> None:
        self.model = model
        self._seed = seed % 2**31
        self._solver = Highs()
        updates = self._solver.config.auto_updates
        updates.check_for_new_or_removed_constraints = True
        for name in (
            "check_for_new_or_removed_vars",
            "check_for_new_or_removed_params",
            "check_for_new_objective",
        ):
            setattr(updates, name, False)
        for name in (
            "update_constraints",
            "update_vars",
            "update_parameters",
            "update_named_expressions",
            "update_objective",
        ):
            setattr(updates, name, False)
        self._results: Any = None

    def solve(
        self,
        *,
        time_limit: float,
        gap: float = 1e-9,
        nodes: int | None = None,
        quadratic_steps: int | None = None,
        twice: bool = True,
    ) -> Outcome:
        """Solve, single-threaded and seeded; an ``infeasible`` verdict is proved a second time without presolve.

        Parameters
        ----------
        time_limit
            Seconds.
        gap
            Relative gap at which a mixed-integer search may stop.
        nodes
            Largest number of nodes of a mixed-integer search: a stop that is the same on every run, unlike seconds.
        quadratic_steps
            Largest number of steps of a quadratic search.
        twice
            Whether to prove ``infeasible`` again.

        Returns
        -------
        The outcome; the values are read with :meth:`values`.
        """
        limits = {"mip_max_nodes": nodes, "qp_iteration_limit": quadratic_steps}
        limit = {name: value for name, value in limits.items() if value is not None}
        outcome = self._run(time_limit, gap, {"random_seed": self._seed, **limit})
        if outcome.status is not Status.INFEASIBLE or not twice:
            return outcome
        # Issue history of HiGHS: presolve has called feasible models infeasible, so one verdict is not enough.
        again = self._run(time_limit, gap, {"random_seed": (self._seed + 1) % 2**31, "presolve": "off"})
        return (
            outcome
            if again.status is Status.INFEASIBLE
            else Outcome(Status.ERROR, math.nan, -math.inf, False)
        )

    def values(self, variables: Sequence[Any]) -> NDArray[np.float64]:
        """Read the incumbent's values of some variables, shape (len(variables),)."""
        found = self._results.solution_loader.get_vars(list(variables))
        return np.array([found[variable] for variable in variables], dtype=float)

    def reduced_costs(self, variables: Sequence[Any]) -> NDArray[np.float64]:
        """Read the reduced costs of some variables of a linear model, shape (len(variables),)."""
        found = self._results.solution_loader.get_reduced_costs(list(variables))
        return np.array([found[variable] for variable in variables], dtype=float)

    def duals(self, constraints: Sequence[Any]) -> NDArray[np.float64]:
        """Read the dual prices of some constraints of a linear model, shape (len(constraints),)."""
        found = self._results.solution_loader.get_duals(list(constraints))
        return np.array([found[constraint] for constraint in constraints], dtype=float)

    def _run(self, time_limit: float, gap: float, options: dict[str, Any]) -> Outcome:
        options = {"parallel": "off", "presolve": "choose", **options}
        self._results = self._solver.solve(
            self.model,
            load_solutions=False,
            raise_exception_on_nonoptimal_result=False,
            time_limit=max(0.1, time_limit),
            rel_gap=gap,
            threads=1,
            solver_options=options,
        )
        ending = self._results.termination_condition
        objective, bound = self._results.incumbent_objective, self._results.objective_bound
        return Outcome(
            _status(self._results.solution_status, ending),
            math.nan if objective is None else float(objective),
            -math.inf if bound is None or abs(bound) >= NO_LIMIT else float(bound),
            ending is TerminationCondition.maxTimeLimit,
        )


def _status(solution: SolutionStatus, ending: TerminationCondition) -> Status:
    if ending is TerminationCondition.convergenceCriteriaSatisfied:
        return Status.OPTIMAL
    if ending in (TerminationCondition.provenInfeasible, TerminationCondition.infeasibleOrUnbounded):
        return Status.INFEASIBLE  # every model here is bounded: costs and variables are >= 0
    if solution is SolutionStatus.feasible:
        return Status.FEASIBLE
    limits = (TerminationCondition.maxTimeLimit, TerminationCondition.iterationLimit)
    return Status.NO_PLAN if ending in limits else Status.ERROR
