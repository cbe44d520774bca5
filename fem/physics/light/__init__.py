"""Light that enters a film and light that leaves it."""
