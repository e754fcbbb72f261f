"""The tables of a run: what a plan means for units, territories, accounts and the company."""
