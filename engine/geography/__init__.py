"""Places: adjacency, components, distances and travel hours."""
