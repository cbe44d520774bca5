"""The layers of a device, one by one, made into the film-wide fields of a material and a semiconductor.

    material, semiconductor = device({"htl": spiro, "film": perovskite, "etl": titania, "oxide": Insulator(9.0)})

Keys are subdomains of the mesh, or thin layers; an insulator has no electrons and holes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fem.checks import require_positive
from fem.fields import Field
from fem.physics.carriers.semiconductor import Semiconductor
from fem.physics.materials import Material, Recombination


@dataclass(frozen=True)
class Insulator:
    """A layer without electrons and holes: oxide, polymer, substrate, air (relative permittivity 1)."""

    relative_permittivity: float

    def __post_init__(self) -> None:
        require_positive(self.relative_permittivity, "relative permittivity of an insulator")


@dataclass(frozen=True)
class Conductor:
    """A layer with electrons and holes.

    Parameters
    ----------
    relative_permittivity
        Static, [1].
    electron_affinity, band_gap
        [J].
    conduction_states, valence_states
        Effective densities of states [1/m^3].
    electron_mobility, hole_mobility
        [m^2/(V s)].
    doping
        Ionised donors less acceptors [1/m^3].
    """

    relative_permittivity: float
    electron_affinity: float
    band_gap: float
    conduction_states: float
    valence_states: float
    electron_mobility: float
    hole_mobility: float
    doping: float = 0.0


DeviceLayer = Insulator | Conductor


def device(
    layers: Mapping[str, DeviceLayer], name: str = "device", recombination: Recombination | None = None
) -> tuple[Material, Semiconductor]:
    """Material and semiconductor of a device of `layers`, by subdomain.

    Raises
    ------
    ValueError
        If no layer conducts electrons and holes.
    """
    conducting = {where: layer for where, layer in layers.items() if isinstance(layer, Conductor)}
    if not conducting:
        raise ValueError(f"none of the layers {', '.join(layers)} conducts electrons and holes: give one a Conductor")

    def by_layer(quantity: str) -> Field:
        return {where: float(getattr(layer, quantity)) for where, layer in conducting.items()}

    material = Material(name, {where: layer.relative_permittivity for where, layer in layers.items()}, recombination)
    semiconductor = Semiconductor(
        by_layer("electron_affinity"),
        by_layer("band_gap"),
        by_layer("conduction_states"),
        by_layer("valence_states"),
        by_layer("electron_mobility"),
        by_layer("hole_mobility"),
        by_layer("doping"),
        where=tuple(conducting),
    )
    return material, semiconductor
