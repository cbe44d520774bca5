"""What experiments demand of a run."""
