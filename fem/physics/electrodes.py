"""Contacts on the mesh: which nodes they hold, how much metal each node sees, and the ions that cross.

Inward flux per metre of depth of species k at contact node i is ``l_i j_k(c_i, V - phi_i)`` with l_i the electrode
length that the node owns and j_k the law of :mod:`fem.physics.contacts`.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from skfem import MeshTri

from fem.checks import require_known
from fem.constants import vacuum_permittivity
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.numerics.scatter import sum_at
from fem.physics.contacts import Blocking, Contact, IonExchange, Reservoir
from fem.physics.drives.drive import Drive, Piece, as_drive
from fem.physics.regions import require_regions
from fem.physics.species import Species

_LARGEST_EXPONENT = 200.0  # keeps an iterate finite; the scale report warns long before


@dataclass(frozen=True)
class Electrode:
    """A contact resolved on the mesh.

    Parameters
    ----------
    contact
        As stated by the user.
    drive
        Its potential over time.
    nodes
        Nodes on it, shape (n,).
    lengths
        Electrode length of each node [m], shape (n,).
    capacitance
        Coating capacitance of each node [F/m per metre of depth], shape (n,); None for a bare electrode.
    ends
        Nodes at the ends of each facet of it, shape (2, n_facets).
    facet_lengths
        [m], shape (n_facets,).
    offset
        Potential that the alignment of the bands adds to the voltage [V].
    """

    contact: Contact
    drive: Drive
    nodes: NDArray[np.int64]
    lengths: Array
    capacitance: Array | None
    ends: NDArray[np.int64]
    facet_lengths: Array
    offset: float = 0.0

    def level(self, piece: Piece, time: float) -> float:
        """Potential of the metal as the film sees it [V]: voltage and alignment."""
        return piece.value(time) + self.offset

    @property
    def length(self) -> float:
        """Length of the electrode [m]."""
        return float(self.lengths.sum())

    def within(self, present: NDArray[np.bool_]) -> "Electrode":
        """The facets that hold something `present`, True at its nodes, shape (n_nodes,)."""
        held = present[self.ends].all(axis=0)
        ends, facet_lengths = self.ends[:, held], self.facet_lengths[held]
        nodes, which = np.unique(ends, return_inverse=True)
        lengths = sum_at(which, np.tile(0.5 * facet_lengths, 2), len(nodes))
        capacitance = _capacitance(self.contact, lengths)
        return replace(
            self, nodes=nodes, lengths=lengths, capacitance=capacitance, ends=ends, facet_lengths=facet_lengths
        )


def electrodes_on(
    mesh: MeshTri, volumes: ControlVolumes, contacts: tuple[Contact, ...], species: tuple[Species, ...]
) -> tuple[Electrode, ...]:
    """Resolve `contacts`.

    Raises
    ------
    ValueError
        If a contact names facets or species that do not exist, two contacts share a node, or there is none.
    """
    if not contacts:
        raise ValueError("the model has no contact: the potential needs at least one electrode")
    require_regions(mesh, [contact.facets for contact in contacts], "electrode")
    names = [one.name for one in species]
    taken: dict[int, str] = {}
    result = []
    for contact in contacts:
        for name in contact.ions:
            require_known(name, names, f"electrode {contact.facets!r}: species")
        facets = np.asarray((mesh.boundaries or {})[contact.facets], dtype=np.int64)
        if not len(facets):
            raise ValueError(f"electrode {contact.facets!r} has no facet in the mesh")
        nodes, lengths = volumes.facet_node_lengths(facets)
        for node in nodes.tolist():
            if node in taken:
                x, y = mesh.p[:, node] * 1e9
                both = f"electrodes {taken[node]!r} and {contact.facets!r}"
                raise ValueError(f"{both} share the node at x = {x:.1f} nm, y = {y:.1f} nm: leave a gap between them")
            taken[node] = contact.facets
        drive, capacitance = as_drive(contact.potential), _capacitance(contact, lengths)
        ends, facet_lengths = volumes.nodes[:, facets], volumes.lengths[facets]
        result.append(Electrode(contact, drive, nodes, lengths, capacitance, ends, facet_lengths))
    return tuple(result)


def inward_flux(exchange: IonExchange, concentration: Array, drop: Array, charge: int) -> tuple[Array, Array, Array]:
    """Inward ion flux at an electrode and its derivatives.

    Parameters
    ----------
    exchange
        Law of the contact.
    concentration
        At the nodes [1/m^3], shape (n,).
    drop
        Electrode potential minus film potential at the nodes, in V_T, shape (n,).
    charge
        Charge number of the species.

    Returns
    -------
    Flux [1/(m^2 s)], d flux / d concentration [m/s] and d flux / d drop [1/(m^2 s)], each of shape (n,).
    """
    zero = np.zeros_like(concentration)
    if isinstance(exchange, Blocking):
        return zero, zero, zero
    if isinstance(exchange, Reservoir):
        k = exchange.rate_constant
        return k * (exchange.concentration - concentration), zero - k, zero
    forth = np.exp(np.clip((1 - exchange.symmetry) * charge * drop, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
    back = np.exp(np.clip(-exchange.symmetry * charge * drop, -_LARGEST_EXPONENT, _LARGEST_EXPONENT))
    k, reference = exchange.rate_constant, exchange.concentration
    flux = k * (reference * forth - concentration * back)
    slope = k * charge * ((1 - exchange.symmetry) * reference * forth + exchange.symmetry * concentration * back)
    return flux, -k * back, slope


def _capacitance(contact: Contact, lengths: Array) -> Array | None:
    if contact.coating is None:
        return None
    return vacuum_permittivity * contact.coating.relative_permittivity / contact.coating.thickness * lengths
