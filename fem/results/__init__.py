"""What comes out of a run: numbers, maps, files that survive a crash, pictures, a report."""
