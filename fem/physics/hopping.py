"""How fast a species hops and where it likes to be, resolved on cells and on thin layers.

D = D0 exp(-E_a / kT),     s = exp(-E_seg / kT)
"""

from dataclasses import dataclass

import numpy as np

from fem.constants import boltzmann, eV
from fem.fields import Array, Field
from fem.physics.regions import BoolArray, LayerFacets, Regions
from fem.physics.species import Species

_FROZEN = 400.0  # barrier over kT beyond which nothing moves in any time and numbers underflow


@dataclass(frozen=True)
class Hopping:
    """Transport properties of a species, arrays of one shape.

    Parameters
    ----------
    prefactor
        D0 [m^2/s].
    activation
        exp(-E_a / kT).
    enrichment
        s.
    """

    prefactor: Array
    activation: Array
    enrichment: Array

    @property
    def diffusivity(self) -> Array:
        """D [m^2/s]."""
        return self.prefactor * self.activation

    @property
    def conductivity(self) -> Array:
        """D s [m^2/s], what a gradient of c / s drives."""
        return self.diffusivity * self.enrichment

    @property
    def moves(self) -> bool:
        """Whether anything moves anywhere."""
        return bool(self.prefactor.any())

    @classmethod
    def on_cells(cls, regions: Regions, species: Species, temperature: float, inside: BoolArray) -> "Hopping":
        """Properties of the cells, shape (n_cells,); zero for cells that are not `inside` the species' regions.

        Raises
        ------
        ValueError
            If a field has no value somewhere, or a value makes no sense.
        """
        prefactor, energy, segregation = (regions.on_cells(field, what, inside) for field, what in _fields(species))
        _check(species, temperature, prefactor[inside], energy[inside])
        kt = boltzmann * temperature
        return cls(prefactor * inside, np.exp(-energy / kt) * inside, np.exp(-segregation / kt) * inside)

    def on_layer(self, regions: Regions, layer: LayerFacets, species: Species, temperature: float) -> "Hopping":
        """Properties of a thin layer, shape (n_facets,); what is not stated for it is that of the cells beside.

        Raises
        ------
        ValueError
            If a value makes no sense.
        """
        prefactor, energy, segregation = (regions.on_layer(field, layer, what) for field, what in _fields(species))
        _check(species, temperature, prefactor, energy)
        kt = boltzmann * temperature
        return Hopping(
            self.prefactor[layer.beside].mean(axis=0) if prefactor is None else prefactor,
            self.activation[layer.beside].mean(axis=0) if energy is None else np.exp(-energy / kt),
            self.enrichment[layer.beside].mean(axis=0) if segregation is None else np.exp(-segregation / kt),
        )


def _fields(species: Species) -> tuple[tuple[Field, str], ...]:
    return (
        (species.diffusivity_prefactor, f"diffusivity prefactor of {species.name}"),
        (species.activation_energy, f"activation energy of {species.name}"),
        (species.segregation_energy, f"segregation energy of {species.name}"),
    )


def _check(species: Species, temperature: float, prefactor: Array | None, energy: Array | None) -> None:
    if prefactor is not None:
        moves = (prefactor > 0) | (not prefactor.any())
        require(
            moves, prefactor, f"diffusivity prefactor of {species.name} must be positive, or zero everywhere [m^2/s]"
        )
    if energy is not None:
        require(energy >= 0, energy / eV, f"activation energy of {species.name} must not be negative [eV]")
        require(energy / (boltzmann * temperature) < _FROZEN, energy / eV, _frozen(species, temperature))


def require(good: np.ndarray, values: Array, what: str) -> None:
    """Raise ValueError with the first of `values` that is not `good`."""
    if not good.all():
        raise ValueError(f"{what}, got {values[~good][0]:g}")


def _frozen(species: Species, temperature: float) -> str:
    return (
        f"nothing moves at {temperature:g} K over the activation energy of {species.name}: raise the temperature, lower"
        f" the barrier (energies are in joules: write 0.58 * eV); limit {_FROZEN * boltzmann * temperature / eV:.3g} eV"
    )
