"""Eight towns and two positions: a company that fits in the head, whose files a test can spoil one by one."""

from __future__ import annotations

from pathlib import Path

from engine.scenario.reference import EXAMPLE

TABLES = {
    "units.csv": """town,lon,lat,km2,spend_usd,visits
01001,10.0,50.0,100,900,90
01003,10.1,50.0,110,800,80
01005,10.2,50.0,120,700,70
01007,10.3,50.0,130,600,60
02001,10.0,50.1,140,500,50
02003,10.1,50.1,150,400,40
02005,10.2,50.1,160,300,30
02007,10.3,50.1,170,200,20
""",
    "adjacency.csv": """unit,neighbour,kind,note
01001,01003,land,
01003,01005,land,
01005,01007,land,
02001,02003,land,
02003,02005,land,
02005,02007,land,
01001,02001,land,
01007,02007,bridge,ferry
""",
    "reps.csv": (
        "position_id,rep_id,rep_name,home_city,home_lat,home_lon,capacity,start_date,ramp_months,segment,"
        "manager,region,last_year_quota_usd,last_year_bookings_usd\n"
        "T1,R1,Ada,Northtown,50.0,10.0,1.0,2020-01-01,6,field,Mo,North,900000,800000\n"
        "T2,R2,Ben,Southtown,50.1,10.3,0.8,2021-05-01,6,field,Mo,North,,\n"
        "T3,,,,,,1.0,2027-04-01,6,field,Mo,North,,\n"
    ),
    "accounts.csv": """account_id,name,town,segment,revenue_usd,owner,named,locked
A1,Alpha,01001,small,1000.50,T1,no,no
A2,"Beta, Inc",01003,large,2000,T1,yes,yes
A3,Gamma,02007,small,0,T2,no,no
A4,Delta,02005,small,500,,no,no
""",
    "current.csv": """town,territory
01001,T1
01003,T1
01005,T1
01007,T2
02001,T1
02003,T2
02005,T2
02007,T2
""",
    "locks.csv": """unit,territory,reason
01001,T1,home
02007,T2,home
""",
    "forbid.csv": """unit,territory,reason
01001,T2,too far
""",
    "pipeline.csv": """opportunity_id,account_id,town,stage,amount_usd,opened_on,stage_entered_on
O1,A1,01001,qualify,50000,2026-11-01,2026-11-20
O2,A3,02007,close,80000,2026-09-15,2026-12-01
""",
}
FILES = {"scenario.yaml": EXAMPLE, **TABLES}


def write_company(folder: Path, files: dict[str, str | bytes] | None = None) -> Path:
    """Write the company's files, some of them replaced, and give the path of the scenario."""
    for name, content in {**FILES, **(files or {})}.items():
        data = content.encode("utf-8") if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    return folder / "scenario.yaml"
