"""Virtual measurements: what an experimenter would read off a film, computed from the same discrete operators."""
