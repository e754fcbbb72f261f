"""The scenario file: its schema and its loader."""
