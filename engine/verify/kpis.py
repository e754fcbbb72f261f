"""Key figures: each one recomputed from the tables it sums up."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from engine.verify.accounts import moved
from engine.verify.attainment import company_row, read_summary
from engine.verify.balance import recount
from engine.verify.costs import check_proof, recount_costs, share_moved
from engine.verify.figures import HALF_CENT, HALF_THOUSANDTH, agrees, agrees_less_one
from engine.verify.quotas import YEAR, quota_cents
from engine.verify.reading import by_id, read_table
from engine.verify.report import Check, judge
from engine.verify.run import Run

KPI = ("kpi", "value", "unit", "meaning")
PROOF = ("objective", "bound", "gap")


def recount_kpis(run: Run) -> dict[str, Fraction | float]:
    """Recompute every key figure that the other tables determine."""
    costs = recount_costs(run).values()
    summary = read_summary(run)
    company = company_row(summary)
    chances = [
        Fraction(row.number("p_at_quota"))
        for (level, _), row in summary.items()
        if level == "rep" and row.number("quota")  # a position without a quota does not count
    ]
    figures: dict[str, Fraction | float] = {
        "travel_cost": math.fsum(cost.travel_cost for cost in costs),
        "handoff_cost": sum((cost.handoff_cost for cost in costs), Fraction()),
        "imbalance_cost": sum((cost.imbalance_cost for cost in costs), Fraction()),
        "territories": Fraction(len(run.territories)),
        "units": Fraction(len(run.units)),
        "accounts_moved": Fraction(sum(moved(row) for row in run.accounts.values())),
        "value_moved_share": share_moved(run),
        "plan_target": Fraction(run.scenario.number("quotas.plan_target")),
        "quota_total": Fraction(sum(cents[YEAR] for cents in quota_cents(run).values()), 100),
        "p_plan": Fraction(company.number("p_at_quota")),
        "share_at_quota": sum(chances, Fraction()) / max(1, len(chances)),
        "expected_bookings": Fraction(company.number("expected")),
    }
    for measure in run.tolerances:
        deviations = [abs(balance.deviation) for balance in recount(run, measure).values()]
        figures[f"max_deviation_{measure}"] = max(deviations)
    return figures


def check_kpis(run: Run) -> Iterator[Check]:
    """Check every key figure; those that no table determines are listed, not judged."""
    rows = by_id(read_table(run.folder, "kpis.csv", KPI), "kpi", ordered=False)
    figures = recount_kpis(run)
    wrong = [f"{name} is missing" for name in (*PROOF, *figures) if name not in rows]
    money = run.scenario.text("currency")
    for name, exact in figures.items():
        if name in rows:
            written = rows[name].number("value")
            coarsest = HALF_CENT if money in rows[name].text("unit") else HALF_THOUSANDTH
            if name.startswith("max_deviation_"):
                same = agrees_less_one(written, Fraction(exact))
            else:
                same = agrees(written, exact, coarsest)
            if not same:
                wrong.append(f"{name} {written} is {float(exact):.12g}")
    others = sorted(set(rows) - set(figures) - set(PROOF))
    good = f"{len(figures)} agree" + (f"; not recomputed: {', '.join(others)}" if others else "")
    yield judge("kpis: figures", "recomputed from the other tables", good, wrong)
    if all(name in rows for name in PROOF):
        exact_objective = math.fsum(cost.total for cost in recount_costs(run).values())
        written_proof = {name: rows[name].number("value") for name in PROOF}
        yield from check_proof("kpis", exact_objective, written_proof)
