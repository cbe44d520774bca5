"""Reactions between any species: how they are stated, their rate laws, what they add to the equations."""
