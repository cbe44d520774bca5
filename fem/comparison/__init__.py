"""Several results folders side by side: aligned, measured alike, matched at comparable moments, or refused."""
