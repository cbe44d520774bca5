"""Two halides and their vacancies on one lattice."""
