"""Heat: a device at one temperature, conduction in its substrate, the balance of what it takes up and gives off."""
