"""The laws by which the populations of a film move."""

from fem.coupled.drift_diffusion import DriftDiffusion
from fem.coupled.edge_law import EdgeLaw
from fem.coupled.lattice_exchange import LatticeExchange
from fem.coupled.unknowns import Unknowns
from fem.numerics.control_volumes import ControlVolumes


def edge_laws(volumes: ControlVolumes, unknowns: Unknowns) -> tuple[EdgeLaw, ...]:
    """The laws of a film: exchange on its halide lattice, drift and diffusion of all else that moves."""
    behind = unknowns.behind
    exchanged = (behind.lattice.vacancy, behind.lattice.second) if behind else ()
    moving = (k for k, one in enumerate(unknowns.populations) if one.mobile and k not in exchanged)
    laws: list[EdgeLaw] = [DriftDiffusion(volumes, unknowns, k) for k in moving]
    return (*laws, LatticeExchange(volumes, unknowns, behind)) if behind else tuple(laws)
