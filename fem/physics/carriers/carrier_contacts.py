"""What electrons and holes do at an electrode.

The metal aligns the film's bands through its work function W, ``phi = V - (W - W_i) / e`` with W_i that of the
intrinsic film, and exchanges each carrier by thermionic emission, with the inward flux ``S (n_eq - n)``; n_eq is the
density in equilibrium with the metal (C. R. Crowell and S. M. Sze, doi:10.1016/0038-1101(66)90127-4). A large S makes
the contact ohmic, S = 0 blocks the carrier.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fem.constants import boltzmann, eV, thermal_voltage
from fem.fields import Array
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.carriers.semiconductor import Bands
from fem.physics.contacts import CarrierContact
from fem.physics.electrodes import Electrode
from fem.physics.populations import Population

_FARTHEST = 150.0  # work function from the middle of the gap, over kT


@dataclass(frozen=True)
class CarrierExchange:
    """One carrier at the nodes of one contact: ``rate (equilibrium - n)`` enters per metre of depth.

    Parameters
    ----------
    contact, population
        Their numbers in the model.
    nodes
        Shape (n,).
    rate
        S times the electrode length of each node [m^2/s], shape (n,).
    equilibrium
        Density in equilibrium with the metal [1/m^3], shape (n,).
    """

    contact: int
    population: int
    nodes: NDArray[np.int64]
    rate: Array
    equilibrium: Array


@dataclass(frozen=True)
class AlignedContacts:
    """The contacts of a film with carriers: the electrodes with their bands aligned, and the carriers that cross."""

    electrodes: tuple[Electrode, ...]
    exchanges: tuple[CarrierExchange, ...]

    @property
    def densest(self) -> float:
        """Largest density that a contact holds in equilibrium [1/m^3]."""
        return max((float(one.equilibrium.max()) for one in self.exchanges), default=0.0)

    @classmethod
    def of(
        cls,
        electrodes: tuple[Electrode, ...],
        bands: Bands,
        volumes: ControlVolumes,
        carriers: tuple[Population, Population],
        first: int,
    ) -> "AlignedContacts":
        """Contacts on a film whose electrons are population number `first` and whose holes follow."""
        enrichment = np.array([one.transport.enrichment for one in carriers])
        present = carriers[0].present
        doping = volumes.node_integrals(bands.doping) / np.where(present, carriers[0].transport.storage, 1.0)
        aligned, exchanges = [], []
        for number, electrode in enumerate(electrodes):
            held = electrode.within(present)
            nodes, lengths = held.nodes, held.lengths
            contact = electrode.contact.carriers
            shift = _shift(contact, bands, enrichment[:, nodes], doping[nodes])
            aligned.append(replace(electrode, offset=shift * thermal_voltage(bands.temperature)))
            velocities = (contact.electron_velocity, contact.hole_velocity)
            for k, (charge, velocity) in enumerate(zip((-1, 1), velocities, strict=True)):
                equilibrium = bands.intrinsic * enrichment[k, nodes] * np.exp(-charge * shift)
                if velocity > 0 and len(nodes):
                    exchanges.append(CarrierExchange(number, first + k, nodes, velocity * lengths, equilibrium))
        return cls(tuple(aligned), tuple(exchanges))


def _shift(contact: CarrierContact, bands: Bands, enrichment: Array, doping: Array) -> float:
    """Potential of an electrode's film at zero voltage [kT/e], by its work function or for flat bands."""
    if contact.work_function is not None:
        shift = (bands.level - contact.work_function) / (boltzmann * bands.temperature)
        if abs(shift) > _FARTHEST:
            raise ValueError(
                f"a work function of {contact.work_function / eV:.4g} eV lies {abs(shift):.3g} kT from the middle of"
                f" the gap ({bands.level / eV:.4g} eV): mind the unit (write 4.5 * eV); limit {_FARTHEST:g} kT"
            )
        return shift
    if doping.size == 0:
        return 0.0
    return float(np.arcsinh(doping / (2 * bands.intrinsic * np.sqrt(enrichment.prod(axis=0)))).mean()
                 - 0.5 * np.log(enrichment[0] / enrichment[1]).mean())  # fmt: skip
