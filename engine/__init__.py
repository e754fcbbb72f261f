"""The engine: from scenario and tables to territories, quotas, comparison and report; imports nothing."""
