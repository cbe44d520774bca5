"""Films as planar graphs of grains: grown on the computer, repaired, counted."""
