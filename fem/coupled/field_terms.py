"""Reactions that the electric field helps: what they need of the potential, and how they change with it."""

import numpy as np
from scipy import sparse

from fem.coupled.electrostatics import Electrostatics
from fem.fields import Array
from fem.numerics.sparse_direct import OutOfMemoryError, SolverError
from fem.physics.reactions.network import ReactionNetwork

_STRONG = 1e6  # a factor by which a field hastens a reaction beyond what steps can follow


def field_of(network: ReactionNetwork, electrostatics: Electrostatics, fields: Array) -> Array | None:
    """Strength of the electric field in the cells [V/m], shape (n_cells,), if a reaction asks for it."""
    return electrostatics.field_strength(fields) if network.needs_field else None


def help_in_words(network: ReactionNetwork | None, electrostatics: Electrostatics, fields: Array) -> str:
    """What to say of a film that cannot be followed if its field helps a reaction too much; else nothing."""
    field = None if network is None else field_of(network, electrostatics, fields)
    most = None if network is None or field is None else network.strongest_help(field)
    if most is None or not most[1] > _STRONG:
        return ""
    name, factor, strength = most
    return (
        f"; the field helps reaction {name!r} by a factor of {factor:.2g} = e^{np.log(factor):.0f} at {strength:.3g}"
        " V/m: raise the field scale E0 of its factor exp(|E|/E0), or lower the voltage"
    )


def with_help_in_words(
    error: SolverError, network: ReactionNetwork | None, electrostatics: Electrostatics, fields: Array
) -> SolverError:
    """`error` of a film with these `fields`, which also says if its field helps a reaction too much."""
    words = "" if isinstance(error, OutOfMemoryError) else help_in_words(network, electrostatics, fields)
    return SolverError(f"{error}{words}") if words else error


def sources_by_potential(
    network: ReactionNetwork, electrostatics: Electrostatics, fields: Array, light: float
) -> dict[int, sparse.csr_matrix]:
    """Derivative of the inflow of each population that the field helps to make by the potential around each node.

    In the units of the unknowns, each of shape (n_nodes, n_nodes), by the number of the population.
    """
    field, unit = field_of(network, electrostatics, fields), electrostatics.unknowns.unit
    if field is None:
        return {}
    by_field = network.by_field(fields[1:] * unit[:, None], light, field)
    around = _strength_by_potential(electrostatics, fields, field)
    return {k: sparse.csr_matrix(slope @ around) / unit[k] for k, slope in by_field.items()}


def _strength_by_potential(electrostatics: Electrostatics, fields: Array, strength: Array) -> sparse.csr_matrix:
    """Derivative of the `strength` in each cell by the potential [V/(m V_T)], (n_cells, n_nodes); 0 without a field."""
    v, volt = electrostatics.volumes, electrostatics.unknowns.thermal_voltage
    i, j = v.nodes[:, v.cell_edges]
    pull = v.half_cotangents * (fields[0, i] - fields[0, j]) * volt**2
    pull = np.divide(pull, v.areas * strength, out=np.zeros_like(pull), where=strength > 0)
    cells = np.broadcast_to(np.arange(len(v.areas)), i.shape)
    places = np.concatenate([cells.ravel(), cells.ravel()]), np.concatenate([i.ravel(), j.ravel()])
    return sparse.csr_matrix((np.concatenate([pull.ravel(), -pull.ravel()]), places), (len(v.areas), v.n_nodes))
