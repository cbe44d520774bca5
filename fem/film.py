"""A film as its user states it: mesh, materials, particles, contacts and drives, not yet discretised."""

from collections.abc import Sequence
from dataclasses import dataclass

from skfem import MeshTri

from fem.checks import require_positive
from fem.physics.contacts import Contact
from fem.physics.drive import Drive
from fem.physics.layers import ThinLayer
from fem.physics.materials import Material
from fem.physics.periodic import PeriodicSides
from fem.physics.reactions import Reaction, require_balanced
from fem.physics.semiconductor import Semiconductor
from fem.physics.species import Species


@dataclass(frozen=True)
class Film:
    """What stands in a film and what is done to it.

    Parameters
    ----------
    mesh
        Triangles in metres with the names of the mesh contract (see ``docs/architecture.md``).
    material
        Permittivity, fixed charge, recombination.
    species
        Mobile ions.
    contacts
        Electrodes; at least one.
    temperature
        [K].
    layers
        Grain boundaries or surfaces that are lines rather than meshed strips.
    relax_first
        Start from the closed film's equilibrium under the potentials before t = 0 (otherwise from the stated
        concentrations as they are).
    periodic
        Two opposite sides that are one: the film repeats itself. Without it they are closed.
    semiconductor
        Bands of the film; with it electrons and holes move too.
    reactions
        What happens between ions, traps, electrons and holes.
    light
        Intensity that multiplies the generation of carriers: a number, which holds before t = 0 too, or a drive.

    Raises
    ------
    ValueError
        If a name does not exist in the mesh, a field has no value somewhere or a number makes no sense.
    """

    mesh: MeshTri
    material: Material
    species: Sequence[Species]
    contacts: Sequence[Contact]
    temperature: float = 300.0
    layers: Sequence[ThinLayer] = ()
    relax_first: bool = True
    periodic: PeriodicSides | None = None
    semiconductor: Semiconductor | None = None
    reactions: Sequence[Reaction] = ()
    light: float | Drive = 0.0

    def __post_init__(self) -> None:
        for name in ("species", "contacts", "layers", "reactions"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        require_positive(self.temperature, "temperature", "K")
        if not self.species and self.semiconductor is None:
            raise ValueError("the model needs at least one mobile species, or a semiconductor")
        names = [one.name for one in self.species]
        charges = {one.name: one.charge for one in self.species}
        require_balanced(self.reactions, charges, {one.name: one.composition for one in self.species})
        if len(set(names)) < len(names):
            raise ValueError(f"two species have the same name: {', '.join(names)}")
        if len({contact.facets for contact in self.contacts}) < len(self.contacts):
            raise ValueError("two contacts are on the same electrode")
