"""What is measured in a state of a film: maps, profiles, light, currents, potentials."""
