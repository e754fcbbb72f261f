"""The simulated year in the tables people read: intervals, quantiles, sums and quotas must fit together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from statistics import NormalDist

from engine.verify.figures import agrees
from engine.verify.quotas import YEAR, quota_cents, target_cents
from engine.verify.reading import Row, Unreadable, by_id, read_table
from engine.verify.report import Check, judge
from engine.verify.run import Run

SUMMARY = (
    *("level", "id", "name", "quota", "expected", "p10", "p50", "p90", "attainment_mean"),
    *(
        "p_at_quota",
        "p_low",
        "p_high",
        "expected_shortfall",
        "utilisation",
        "waiting_days",
        "won",
        "lost",
        "gave_up",
        "open",
    ),
)
MONTH = ("month", "expected", "p10", "p25", "p50", "p75", "p90", "quota")
LEVELS = ("rep", "manager", "region", "company")
QUOTAS = "quotas"  # id of the second company row, measured against the sum of quotas
Z95 = NormalDist().inv_cdf(0.975)
ROUNDED_Z = 5e-6  # 1.96 instead of the quantile moves an interval by less
PARQUET = b"PAR1"
Key = tuple[str, str]


def read_summary(run: Run) -> dict[Key, Row]:
    """Read attainment.csv by level and id.

    Raises
    ------
    Unreadable
        If a level is unknown, a row is there twice, or the company's two rows are not there.
    """
    rows: dict[Key, Row] = {}
    for row in read_table(run.folder, "attainment.csv", SUMMARY):
        key = row.text("level"), row.text("id")
        if key[0] not in LEVELS or key in rows:
            raise Unreadable(f"attainment.csv:{row.line}: {key[0]!r} x {key[1]!r} is unknown or there twice")
        rows[key] = row
    if ("company", QUOTAS) not in rows or sum(level == "company" for level, _ in rows) != 2:
        raise Unreadable(f"attainment.csv: the company needs one row for the plan and one with id {QUOTAS!r}")
    return rows


def company_row(rows: dict[Key, Row]) -> Row:
    """Find the company's row against the plan target."""
    return next(row for (level, name), row in rows.items() if level == "company" and name != QUOTAS)


def replications(run: Run) -> int:
    """Read the number of simulated years, or how many the wished half-width of the chances needs."""
    if run.scenario.mapping("simulation").get("half_width") is not None:
        width = float(run.scenario.positive("simulation.half_width"))
        return max(10, math.ceil(Z95**2 * (1 / (4 * width**2) - 1)))
    number = run.scenario.number("simulation.replications")
    if number < 1 or number != int(number):
        raise Unreadable(f"{run.scenario.file}: simulation.replications: {number} is not a count")
    return int(number)


def check_attainment(run: Run) -> Iterator[Check]:
    """Check attainment.csv against the quotas and within itself."""
    rows = read_summary(run)
    yield _check_quotas(run, rows)
    n = replications(run)
    wrong = [
        f"{level} {name!r}: {said}" for (level, name), row in rows.items() for said in probability(row, n)
    ]
    yield judge("attainment: probability", f"a count of {n} and its Wilson 95 % interval", "all agree", wrong)
    wrong = [f"{level} {name!r}: {said}" for (level, name), row in rows.items() for said in _bookings(row, n)]
    yield judge(
        "attainment: bookings", "ordered quantiles that fit mean, quota and probability", "all fit", wrong
    )
    wrong = list(_sums(run, rows))
    yield judge("attainment: sums", "managers, regions and company are the sum of reps", "all agree", wrong)
    for name in ("attainment.parquet", "simulated_year.parquet"):
        yield _check_parquet(run, name)


def probability(row: Row, n: int) -> Iterator[str]:
    """Say what is wrong with a probability counted in n years and its Wilson interval.

    E. B. Wilson (1927), DOI 10.1080/01621459.1927.10502953.
    """
    written = row.number("p_at_quota")
    hits = round(written * n)
    if hits > n or not agrees(written, Fraction(hits, n)):
        yield f"p_at_quota {written} is no count of {n} years"
        return
    p = hits / n
    scale = 1 + Z95**2 / n
    middle = (p + Z95**2 / (2 * n)) / scale
    half = Z95 / scale * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    for column, exact in (("p_low", max(0.0, middle - half)), ("p_high", min(1.0, middle + half))):
        found = row.number(column)
        if abs(float(found) - exact) > ROUNDED_Z and not agrees(found, exact):
            yield f"{column} {found} is {exact:.6f}"


def _check_quotas(run: Run, rows: dict[Key, Row]) -> Check:
    """Every rep, manager, region and the company is there once with its name and quota."""
    annual = {territory: cents[YEAR] for territory, cents in quota_cents(run).items()}
    due = {
        ("rep", territory): (row.text("rep_name"), annual[territory])
        for territory, row in run.territories.items()
    }
    for level in ("manager", "region"):
        for name, territories in run.groups(level).items():
            due[level, name] = (name, sum(annual[territory] for territory in territories))
    plan = company_row(rows)
    due["company", plan.text("id")] = (plan.text("name"), target_cents(run))
    due["company", QUOTAS] = (rows["company", QUOTAS].text("name"), sum(annual.values()))
    wrong = [f"{level} {name!r} has no row" for level, name in due if (level, name) not in rows]
    for key, row in rows.items():
        if key not in due:
            wrong.append(f"{key[0]} {key[1]!r} is unknown")
        elif (row.text("name"), row.cents("quota")) != due[key]:
            said = f"{due[key][0]!r} with {due[key][1] / 100:.2f}"
            wrong.append(f"{key[0]} {key[1]!r}: {row.text('name')!r} with {row.number('quota')} is {said}")
    return judge(
        "attainment: quotas", "names and quotas of territories.csv and quotas.csv", "all agree", wrong
    )


def _bookings(row: Row, n: int) -> Iterator[str]:
    """Say what cannot be true of a row's mean, quantiles and shortfall."""
    quota, expected, short = row.cents("quota"), row.cents("expected"), row.cents("expected_shortfall")
    quantiles = {share: row.cents(f"p{share}") for share in (10, 50, 90)}
    if not quantiles[10] <= quantiles[50] <= quantiles[90]:
        yield "p10, p50, p90 are not in order"
    for column in ("utilisation", "waiting_days"):
        if not row.blank(column):
            row.number(column)
    p = float(row.number("p_at_quota"))
    below = n - round(p * n)
    for share, value in quantiles.items():
        place = share / 100 * (n - 1)  # one year of slack for another definition of a quantile
        surely_at, surely_below = math.floor(place) - 1 >= below, math.ceil(place) + 1 < below
        if (surely_at and value < quota - 1) or (surely_below and value > quota + 1):
            yield f"p{share} {row.number(f'p{share}')} does not fit p_at_quota {p:g}"
    if not max(0, quota - expected) - 1 <= short <= quota * (1 - p) + 1:
        yield f"expected_shortfall {row.number('expected_shortfall')} does not fit quota and mean"
    if expected < quota * p - 1:
        yield f"expected {row.number('expected')} is below quota x p_at_quota"
    if quota:
        mean = row.number("attainment_mean")
        # expected is rounded to a cent, which moves the ratio by half a cent of the quota
        if not agrees(mean, Fraction(expected, quota)) and abs(mean * quota - expected) > 1:
            yield f"attainment_mean {mean} is {expected / quota:.9g}"


def _sums(run: Run, rows: dict[Key, Row]) -> Iterator[str]:
    """Say which sums over reps differ; each rep's mean may be rounded by half a cent."""
    reps = {name: row for (level, name), row in rows.items() if level == "rep"}
    gathered = {("company", name): tuple(reps) for level, name in rows if level == "company"}
    for level in ("manager", "region"):
        gathered |= {(level, name): members for name, members in run.groups(level).items()}
    for key, members in gathered.items():
        if key not in rows or not all(name in reps for name in members):
            continue  # named by the check of quotas
        due = sum(reps[name].cents("expected") for name in members)
        if abs(rows[key].cents("expected") - due) > len(members):
            yield f"{key[0]} {key[1]!r}: expected {rows[key].number('expected')} is {due / 100:.2f}"
        for column in ("won", "lost", "gave_up", "open"):
            exact = sum(Fraction(reps[name].number(column)) for name in members)
            rounding = Fraction(len(members), 2000)
            if abs(Fraction(rows[key].number(column)) - exact) > rounding:
                yield f"{key[0]} {key[1]!r}: {column} {rows[key].number(column)} is {float(exact):.6g}"
    plan, quotas = company_row(rows), rows["company", QUOTAS]
    for column in ("expected", "p10", "p50", "p90"):
        if plan.cents(column) != quotas.cents(column):
            yield f"company: {column} differs between its two rows"


def check_months(run: Run) -> Iterator[Check]:
    """Check the months: names, cumulated quota, growth, and the year's end against attainment.csv."""
    rows = by_id(read_table(run.folder, "months.csv", MONTH), "month")
    if tuple(rows) != run.months:
        raise Unreadable(f"months.csv: not the months {run.months[0]} to {run.months[-1]}")
    quotas, wrong, due = quota_cents(run), [], 0
    figures = MONTH[1:-1]
    before = dict.fromkeys(figures, 0)
    for month, row in rows.items():
        due += sum(cents[month] for cents in quotas.values())
        if row.cents("quota") != due:
            wrong.append(f"{month}: quota {row.number('quota')} is {due / 100:.2f}")
        now = {figure: row.cents(figure) for figure in figures}
        wrong += [f"{month}: {figure} falls" for figure in figures if now[figure] < before[figure]]
        order = [now[figure] for figure in figures[1:]]
        if order != sorted(order):
            wrong.append(f"{month}: quantiles are not in order")
        before = now
    company = company_row(read_summary(run))
    wrong += [
        f"the year ends with {figure} {before[figure] / 100:.2f}, attainment.csv has {company.number(figure)}"
        for figure in ("expected", "p10", "p50", "p90")
        if before[figure] != company.cents(figure)
    ]
    yield judge("months: company", "cumulated quota and bookings up to the year's", "12 months agree", wrong)


def _check_parquet(run: Run, name: str) -> Check:
    """Look at a Parquet file's two marks; its rows cannot be read with the standard library."""
    path = run.folder / name
    content = path.read_bytes() if path.is_file() else b""
    whole = len(content) > 3 * len(PARQUET) and content[:4] == PARQUET and content[-4:] == PARQUET
    return judge(
        f"attainment: {name}",
        "a whole Parquet file",
        f"{len(content)} bytes",
        [] if whole else ["is damaged"],
    )
