"""What voltages and light do over time."""
