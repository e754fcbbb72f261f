"""Quotas and their roll-up, in whole cents at every level and period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from engine.verify.figures import agrees
from engine.verify.reading import Row, Unreadable, by_id, read_table
from engine.verify.report import Check, judge
from engine.verify.run import Run

QUOTA = ("territory_id", "rep_id", "period", "quota", "rule", "reason")
ROLLUP = ("level", "name", "period", "quota", "plan_target", "over_assignment")
YEAR = "FY"
LIMITS = ("territory_id", "floor", "cap")
LEVELS = ("manager", "region", "company")
HALF = Fraction(1, 2)


def periods(run: Run) -> dict[str, tuple[str, ...]]:
    """Give the months of every period: the year, four quarters, twelve months."""
    months = run.months
    quarters = {f"Q{q + 1}": months[3 * q : 3 * q + 3] for q in range(4)}
    return {YEAR: months, **quarters, **{month: (month,) for month in months}}


def read_quotas(run: Run) -> dict[str, dict[str, Row]]:
    """Read the rows of quotas.csv by territory and period.

    Raises
    ------
    Unreadable
        If a territory or period is unknown, missing or there twice.
    """
    known = periods(run)
    quotas: dict[str, dict[str, Row]] = {territory: {} for territory in run.territories}
    for row in read_table(run.folder, "quotas.csv", QUOTA):
        territory, period = row.text("territory_id"), row.text("period")
        if territory not in quotas or period not in known or period in quotas[territory]:
            raise Unreadable(f"quotas.csv:{row.line}: {territory!r} x {period!r} is unknown or there twice")
        quotas[territory][period] = row
    for territory, rows in quotas.items():
        missing = [period for period in known if period not in rows]
        if missing:
            raise Unreadable(f"quotas.csv: {territory} has no row for {', '.join(missing)}")
    return quotas


def quota_cents(run: Run) -> dict[str, dict[str, int]]:
    """Read quotas in whole cents by territory and period."""
    return {
        territory: {period: row.cents("quota") for period, row in rows.items()}
        for territory, rows in read_quotas(run).items()
    }


def target_cents(run: Run) -> int:
    """Read the company number in whole cents."""
    return round(Fraction(run.scenario.positive("quotas.plan_target")) * 100)


def component_totals(run: Run) -> dict[str, int]:
    """Read what the quotas of each component add up to, in cents; none unless the rule is components."""
    if run.scenario.text("quotas.rule") != "components":
        return {}
    totals = {}
    for one in run.scenario.items("quotas.components"):
        usual = one.at("over_assignment") is None
        over = run.scenario.number("quotas.over_assignment") if usual else one.number("over_assignment")
        totals[one.text("name")] = round(Fraction(one.positive("target")) * 100 * (1 + Fraction(over)))
    return totals


def quota_total(run: Run) -> Fraction:
    """Give what all quotas add up to, in cents, not rounded."""
    parts = component_totals(run)
    if parts:
        return Fraction(sum(parts.values()))
    return target_cents(run) * (1 + Fraction(run.scenario.number("quotas.over_assignment")))


def check_quotas(run: Run) -> Iterator[Check]:
    """Check the total, the phasing, the rounding, rules and reasons of quotas."""
    quotas, rows = quota_cents(run), read_quotas(run)
    annual = {territory: cents[YEAR] for territory, cents in quotas.items()}
    total = sum(annual.values())
    due = quota_total(run)
    wrong = [f"quotas sum to {total / 100:.2f}"] if abs(total - due) > HALF else []
    yield judge(
        "quotas: total", f"{float(due) / 100:.2f}", f"{total / 100:.2f}", wrong, float(total - due) / 100
    )

    wrong = [
        f"{territory} {period}: {cents[period]} cents, its months {sum(cents[month] for month in months)}"
        for territory, cents in quotas.items()
        for period, months in periods(run).items()
        if cents[period] != sum(cents[month] for month in months)
    ]
    yield judge("quotas: phasing", "months sum to quarters and the year, to the cent", "all agree", wrong)
    limits = read_limits(run)
    yield _check_rounding(run, annual, limits)
    yield _check_limits(run, annual, limits)
    yield _check_words(run, rows)


def _check_rounding(run: Run, annual: Mapping[str, int], limits: Mapping[str, tuple[int, int]]) -> Check:
    """Every annual quota is a multiple of the rounding step; only a largest one takes what is left."""
    step = int(run.scenario.positive("quotas.rounding")) * 100
    odd = [territory for territory, cents in annual.items() if cents % step]
    regions = run.scenario.mapping("quotas.regions")
    wrong = []
    for group in run.groups("region").values() if regions else [tuple(annual)]:
        takers = [territory for territory in group if territory in odd]
        wrong += [f"{territory}: {annual[territory] / 100:.2f}" for territory in takers[1:]]
        for taker in takers:
            rest = annual[taker] % step
            room = [t for t in group if annual[t] > annual[taker] and annual[t] + rest <= limits[t][1]]
            if room:
                wrong.append(f"{taker} takes the remainder and {room[0]} is larger")
    required = f"multiples of {step // 100}; the largest takes what is left"
    return judge("quotas: rounding", required, f"{len(odd)} with a remainder", wrong)


def read_limits(run: Run) -> dict[str, tuple[int, int]]:
    """Read the least and the most of each quota in whole cents from quota_limits.csv.

    Raises
    ------
    Unreadable
        If a territory is unknown or missing.
    """
    rows = by_id(read_table(run.folder, "quota_limits.csv", LIMITS), "territory_id")
    if set(rows) != set(run.territories):
        raise Unreadable("quota_limits.csv: its territories are not those of territories.csv")
    return {territory: (row.cents("floor"), row.cents("cap")) for territory, row in rows.items()}


def _check_limits(run: Run, annual: Mapping[str, int], limits: Mapping[str, tuple[int, int]]) -> Check:
    """Every quota lies inside its limits; caps of the scenario for a full-time year hold for part of one too."""
    wrong = [
        f"{territory}: {annual[territory] / 100:.2f} is outside {low / 100:.2f} to {high / 100:.2f}"
        for territory, (low, high) in limits.items()
        if not low <= annual[territory] <= high
    ]
    total = sum(annual.values())
    for key, whole in (("cap", 100), ("cap_share", total)):
        if run.scenario.at(f"quotas.bounds.{key}") is not None:
            most = Fraction(run.scenario.number(f"quotas.bounds.{key}")) * whole
            wrong += [
                f"{t}: {cents / 100:.2f} is above quotas.bounds.{key}"
                for t, cents in annual.items()
                if cents > most * Fraction(run.territories[t].number("capacity")) + 1
            ]
    for name, target in run.scenario.mapping("quotas.regions").items():
        own = sum(annual[territory] for territory in run.groups("region").get(name, ()))
        due = Fraction(str(target)) * 100
        due *= quota_total(run) / target_cents(run)
        if abs(own - due) > 1:
            wrong.append(f"{name}: quotas sum to {own / 100:.2f}, its target asks for {float(due) / 100:.2f}")
    return judge(
        "quotas: limits", "every quota inside its limits, every region at its target", "all inside", wrong
    )


def _check_words(run: Run, quotas: Mapping[str, Mapping[str, Row]]) -> Check:
    rule = run.scenario.text("quotas.rule")
    wrong = []
    for territory, rows in quotas.items():
        if not rows[YEAR].text("reason").strip():
            wrong.append(f"{territory} has no reason")
        rep = run.territories[territory].text("rep_id")
        for period, row in rows.items():
            if period != YEAR and not row.blank("reason"):
                wrong.append(f"{territory} {period}: only the year has a reason")
            if row.text("rep_id") != rep:
                wrong.append(
                    f"{territory} {period}: rep {row.text('rep_id')!r}, territories.csv says {rep!r}"
                )
            if row.text("rule") != rule:
                wrong.append(
                    f"{territory} {period}: rule {row.text('rule')[:80]!r}, the scenario says {rule}"
                )
    return judge("quotas: words", "the rep, the rule and a reason", "all there", wrong)


def read_rollup(run: Run) -> dict[tuple[str, str], dict[str, Row]]:
    """Read the rows of rollup.csv by level and name, then period.

    Raises
    ------
    Unreadable
        If a level or period is unknown, a row is there twice, or a name lacks a period others have.
    """
    known = periods(run)
    rollup: dict[tuple[str, str], dict[str, Row]] = {}
    for row in read_table(run.folder, "rollup.csv", ROLLUP):
        level, name, period = row.text("level"), row.text("name"), row.text("period")
        rows = rollup.setdefault((level, name), {})
        if level not in LEVELS or period not in known or period in rows:
            raise Unreadable(
                f"rollup.csv:{row.line}: {level!r} x {name!r} x {period!r} is unknown or there twice"
            )
        rows[period] = row
    wanted = {period for rows in rollup.values() for period in rows} | {
        period for period in known if "-" not in period
    }
    for (level, name), rows in rollup.items():
        missing = [period for period in known if period in wanted and period not in rows]
        if missing:
            raise Unreadable(f"rollup.csv: {level} {name!r} has no row for {', '.join(missing)}")
    return rollup


def check_rollup(run: Run) -> Iterator[Check]:
    """Check the sums of quotas by manager, region and company."""
    quotas, rollup = quota_cents(run), read_rollup(run)
    wrong = []
    for level in LEVELS:
        names = {name for other, name in rollup if other == level}
        groups = {min(names, default=""): tuple(quotas)} if level == "company" else run.groups(level)
        if names != set(groups):
            wrong.append(f"{level}: names {sorted(names)}, territories.csv has {sorted(groups)}")
        for name in sorted(names & set(groups)):
            for period, row in rollup[level, name].items():
                due = sum(quotas[territory][period] for territory in groups[name])
                if row.cents("quota") != due:
                    wrong.append(f"{level} {name!r} {period}: {row.number('quota')} is {due / 100:.2f}")
    yield judge("rollup: sums", "quotas of its territories, to the cent", f"{len(rollup)} names agree", wrong)
    yield _check_company(run, rollup)


def _check_company(run: Run, rollup: Mapping[tuple[str, str], Mapping[str, Row]]) -> Check:
    """Check the company's plan target and over-assignment of the year; other levels leave them empty."""
    wrong = []
    for (level, name), rows in rollup.items():
        sums = {period: row.cents("quota") for period, row in rows.items()}
        for period, row in rows.items():
            if level != "company":
                if not (row.blank("plan_target") and row.blank("over_assignment")):
                    wrong.append(f"{level} {name!r} {period}: plan_target and over_assignment must be empty")
                continue
            due = Fraction(sums[YEAR], target_cents(run)) - 1
            if row.cents("plan_target") != target_cents(run):
                wrong.append(f"{name!r} {period}: plan_target {row.number('plan_target')}")
            over = row.number("over_assignment", negative=True)
            # the sum is rounded to a cent, which moves the ratio by half a cent of the target
            if not agrees(over, due) and abs(Fraction(over) - due) * target_cents(run) > 1:
                wrong.append(f"{name!r} {period}: over_assignment is {float(due):.9g}")
    return judge("rollup: company", "plan target and over-assignment", "agree", wrong)
