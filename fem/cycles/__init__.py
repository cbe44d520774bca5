"""Films under drives that repeat themselves: single cycles are simulated, and many jumped over at once."""
