"""What scenarios are put together from: films, options, stages, outputs."""
