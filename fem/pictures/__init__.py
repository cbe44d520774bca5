"""Pictures of a run: figures, stills, movies and the window for looking around."""
