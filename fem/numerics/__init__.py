"""How it is solved: control volumes, exponential fitting, sparse direct solvers, Newton, Rosenbrock."""
