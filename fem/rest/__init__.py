"""The film before its drive starts: how its rest is sought, and whether it has been found."""
