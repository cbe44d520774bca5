"""Grain boundaries meshed as strips."""
