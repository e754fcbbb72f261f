"""Input tables: text first, checked, every problem reported at once."""
