"""Electrons and holes: bands, layers of a device, contacts."""
