"""How fast a species hops and where it likes to be, resolved on cells and on thin layers.

D = D0 exp(-E_a / kT),     s = exp(-E_seg / kT)
"""

from dataclasses import dataclass

import numpy as np

from fem.constants import boltzmann, eV
from fem.fields import Array, Field
from fem.physics.regions import LayerFacets, Regions
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

    @classmethod
    def on_cells(cls, regions: Regions, species: Species, temperature: float) -> "Hopping":
        """Properties of the cells, shape (n_cells,).

        Raises
        ------
        ValueError
            If a field has no value somewhere, or a value makes no sense.
        """
        prefactor, energy, segregation = (regions.on_cells(field, what) for field, what in _fields(species))
        _check(species, temperature, prefactor, energy)
        kt = boltzmann * temperature
        return cls(prefactor, np.exp(-energy / kt), np.exp(-segregation / kt))

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
        require(prefactor > 0, prefactor, f"diffusivity prefactor of {species.name} must be positive [m^2/s]")
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
