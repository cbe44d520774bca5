"""Experiments, one declarative file each; modules with a leading underscore hold what they share."""
