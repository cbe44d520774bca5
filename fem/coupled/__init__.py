"""The coupled equations on a mesh: unknowns, residual and exact Jacobian."""
