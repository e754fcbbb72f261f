"""Exact models in Pyomo, solved by HiGHS."""
