"""Construction and local search of territory plans; every plan they make is contiguous."""
