"""How many fiscal years a second: ``python -m benchmarks.simulation [--reps 50,200,1000] [--peers]``.

A synthetic field on the bundled counties with the flagship's process: so many reps, 90 opportunities a year each. The kernel in one and in
two threads and the SimPy model, in the same process; each row in years per second. ``--peers`` times a queue with five servers
(M/M/5) in plain SimPy, ciw and salabim, installed for this command alone into a temporary environment.
"""

from __future__ import annotations

import argparse
import csv
import math
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from engine.attainment import Contracts, OpeningDeals, SalesField
from engine.scenario.load import load_scenario
from engine.units import DAYS_PER_YEAR, fiscal_months
from simulation.interpreters import Engine
from simulation.replicate import replicate
from simulation.stress import base_case

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ("reps", "engine", "workers", "years", "seconds", "cpu_seconds", "years_per_second", "megabytes")
REPEATS = 3
LEADS = 90.0  # a rep and year
CUSTOMERS = 20_000  # of the queue
PEERS = {
    "simpy": """
import random, simpy, sys
n = int(sys.argv[1]); random.seed(1); env = simpy.Environment(); desk = simpy.Resource(env, 5)
def customer():
    with desk.request() as turn:
        yield turn
        yield env.timeout(random.expovariate(1))
def source():
    for _ in range(n):
        yield env.timeout(random.expovariate(4)); env.process(customer())
env.process(source()); env.run()
""",
    "ciw": """
import ciw, sys
n = int(sys.argv[1]); ciw.seed(1)
exponential = ciw.dists.Exponential
desk = ciw.create_network([exponential(4)], service_distributions=[exponential(1)], number_of_servers=[5])
ciw.Simulation(desk).simulate_until_max_customers(n)
""",
    "salabim": """
import salabim as sim, sys
n = int(sys.argv[1]); sim.yieldless(False)
class Customer(sim.Component):
    def process(self):
        yield self.request(desk); yield self.hold(sim.Exponential(1).sample()); self.release()
class Source(sim.Component):
    def process(self):
        for _ in range(n):
            yield self.hold(sim.Exponential(0.25).sample()); Customer()
env = sim.Environment(trace=False, random_seed=1); desk = sim.Resource(capacity=5); Source(); env.run()
""",
}


def field(reps: int) -> SalesField:
    """Make a synthetic field: counties dealt out to reps, the large ones first, always to who has least."""
    scenario = load_scenario(ROOT / "scenarios" / "us_field_sales.yaml").scenario
    table = pd.read_csv(ROOT / "data" / "us_counties.csv", dtype={"fips": "str"}).sort_values("fips")
    wages = table["wages_usd"].to_numpy(dtype=float)
    territory, held = np.zeros(len(wages), dtype=np.int32), np.zeros(reps)
    for unit in np.argsort(-wages):
        territory[unit] = int(held.argmin())
        held[territory[unit]] += wages[unit]
    share = np.bincount(territory, weights=wages, minlength=reps)
    ids, nobody = tuple(f"T{number:04d}" for number in range(reps)), np.empty(0, dtype=np.int32)
    cents = np.zeros(reps, dtype=np.int64)
    return SalesField(
        unit_ids=tuple(table["fips"]),
        territory=territory,
        demand=LEADS * wages / share[territory],
        month_share=np.full(12, 1 / 12),
        month_names=fiscal_months(scenario.fiscal_year_start),
        weekday=scenario.fiscal_year_start.weekday(),
        territory_ids=ids,
        rep_ids=ids,
        names=ids,
        managers=("",) * reps,
        regions=("",) * reps,
        capacity=np.ones(reps),
        start_day=np.full(reps, -1000.0),
        ramp_days=np.full(reps, 180.0),
        load_hours=np.full(reps, 700.0),
        last_year_cents=cents - 1,
        quota_cents=cents,
        quota_month_cents=np.zeros((reps, 12), dtype=np.int64),
        plan_target_cents=0,
        process=scenario.process,
        opening=OpeningDeals((), nobody, nobody, cents[:0], np.empty(0)),
        handed=np.zeros(len(wages), dtype=bool),
        campaigns=(),
        contracts=Contracts((), nobody, nobody, cents[:0]),
        holidays=(),
        days_off=np.zeros((reps, DAYS_PER_YEAR), dtype=bool),
        win_factor=np.ones(reps),
        hours_factor=np.ones(reps),
    )


def rows(reps: int, years: int, slow_years: int) -> list[tuple[object, ...]]:
    """Time the kernel in one and two threads and the SimPy model: the best of three runs each."""
    case = base_case(field(reps))
    replicate(case, 1, 1, 1, lambda _: None)  # compiles
    plans: list[tuple[Engine, int, int]] = [
        ("kernel", 1, years),
        ("kernel", 2, years),
        ("simpy", 1, slow_years),
    ]
    best = dict.fromkeys(plans, (math.inf, math.inf))
    memory: dict[tuple[Engine, int, int], float] = {}
    for plan in plans * REPEATS:  # in turn, so that a busy moment of the machine hits all alike
        engine, workers, count = plan
        begin, worked = time.perf_counter(), time.process_time()
        replicate(case, 1, count, workers, lambda _: None, engine)
        seconds, cpu = time.perf_counter() - begin, time.process_time() - worked
        best[plan] = min(best[plan][0], seconds), min(best[plan][1], cpu)
        memory.setdefault(plan, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)  # only ever rises
    return [
        (reps, engine, workers, count, round(s, 3), round(c, 3), round(count / s, 2), round(memory[plan]))
        for plan, (s, c) in best.items()
        for engine, workers, count in [plan]
    ]


def peers() -> list[tuple[object, ...]]:
    """Time M/M/5 with other libraries: customers a second stand in the column of years."""
    found: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        for name, text in PEERS.items():
            made = subprocess.run(
                [python, "-m", "pip", "install", "--quiet", name], capture_output=True, text=True
            )
            if made.returncode:
                sys.stderr.write(f"{name}: could not be installed\n")
                continue
            begin = time.perf_counter()
            done = subprocess.run([python, "-c", text, str(CUSTOMERS)], capture_output=True, text=True)
            seconds = time.perf_counter() - begin
            if done.returncode:
                sys.stderr.write(f"{name}: {done.stderr.strip().splitlines()[-1]}\n")
                continue
            found.append(("M/M/5", name, 1, CUSTOMERS, round(seconds, 3), "", round(CUSTOMERS / seconds), ""))
    return found


def main(arguments: Sequence[str]) -> int:
    """Print a CSV."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reps", default="50,200,1000")
    parser.add_argument("--peers", action="store_true")
    chosen = parser.parse_args(arguments)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for reps in map(int, chosen.reps.split(",")):
        for row in rows(reps, max(20, 8000 // reps), max(2, 400 // reps)):
            writer.writerow(row)
            sys.stdout.flush()
    if chosen.peers:
        writer.writerows(peers())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
