"""Layers around a film, and electrodes on them."""
