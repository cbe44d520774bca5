"""A film as its user states it: mesh, materials, particles, contacts and drives, not yet discretised."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from skfem import MeshTri

from fem.checks import require_positive
from fem.constants import thermal_voltage, vacuum_permittivity
from fem.physics.carriers.semiconductor import Semiconductor
from fem.physics.contacts import Contact
from fem.physics.drives.drive import Drive, step
from fem.physics.halides.mixed_halide import HalideLattice
from fem.physics.heat.heat_modes import HeatedBody
from fem.physics.layers import ThinLayer
from fem.physics.materials import Material
from fem.physics.periodic import PeriodicSides
from fem.physics.reactions.reaction import Reaction, require_balanced
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
        [K]; of a film that heats itself, that of the start.
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
    lattice
        Two halides and their vacancy on one sublattice; its vacancy and its second halide come last among the species.
    heat
        Substrate that the film's electrical power warms, at one temperature or conducting; without it the temperature
        stays.
    reactions_at
        Function of the temperature [K] that gives further reactions, those whose constants depend on it.

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
    lattice: HalideLattice | None = None
    heat: HeatedBody | None = None
    reactions_at: Callable[[float], Sequence[Reaction]] | None = None

    def __post_init__(self) -> None:
        for name in ("species", "contacts", "layers", "reactions"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self._require_lattice()
        require_positive(self.temperature, "temperature", "K")
        if not self.species and self.semiconductor is None:
            raise ValueError("the model needs at least one mobile species, or a semiconductor")
        names = [one.name for one in self.species]
        charges = {one.name: one.charge for one in self.species}
        require_balanced(self.all_reactions, charges, {one.name: one.composition for one in self.species})
        _require_altering(self.species)
        if len(set(names)) < len(names):
            raise ValueError(f"two species have the same name: {', '.join(names)}")
        if len({contact.facets for contact in self.contacts}) < len(self.contacts):
            raise ValueError("two contacts are on the same electrode")

    def _require_lattice(self) -> None:
        """Add the species of the lattice to the others, and raise ValueError where something else would change them."""
        if self.lattice is None:
            for contact in self.contacts:
                if contact.halides is not None:
                    raise ValueError(f"electrode {contact.facets!r} has a store of halides, the film has no lattice")
            return
        if self.lattice.carriers is not None and any(contact.halides for contact in self.contacts):
            raise ValueError("funnelled carriers and stores of halides cannot be combined: leave out one of them")
        own = self.lattice.species
        names = {one.name for one in own}
        object.__setattr__(self, "species", (*(one for one in self.species if one.name not in names), *own))
        for contact in self.contacts:
            for name in names & set(contact.ions):
                raise ValueError(f"electrode {contact.facets!r}: {name} crosses through a HalideStore (`halides`) only")
        for reaction in self.all_reactions:
            for name in names & set(reaction.stoichiometry):
                raise ValueError(f"reaction {reaction.name!r} would change {name}, whose lattice keeps its sites")

    @cached_property
    def all_reactions(self) -> tuple[Reaction, ...]:
        """The reactions, and those that depend on the temperature as they are at that of the film."""
        return (*self.reactions, *(self.reactions_at(self.temperature) if self.reactions_at else ()))

    @cached_property
    def light_drive(self) -> Drive:
        """Intensity of the light over time."""
        return self.light if isinstance(self.light, Drive) else step(self.light, initial=self.light)

    @property
    def heated_width(self) -> float:
        """Width over which a substrate takes up the film's power [m]."""
        stated = None if self.heat is None else self.heat.width
        return float(np.ptp(self.mesh.p[0])) if stated is None else stated

    def as_dict(self) -> dict[str, object]:
        """Description for ``run.json``."""
        heat = {} if self.heat is None else {"heat": self.heat.as_dict(), "heated width [m]": self.heated_width}
        return heat | {
            "temperature [K]": self.temperature,
            "material": self.material.name,
            "material reference": self.material.reference,
            "species": [
                {"name": one.name, "charge": one.charge, "altered by": [asdict(by) for by in one.altered_by]}
                for one in self.species
            ],
            "contacts": [one.as_dict() for one in self.contacts],
            "halide lattice": self.lattice.as_dict() if self.lattice else {},
            "semiconductor": self.semiconductor is not None,
            "reactions": [
                {"name": one.name, "stoichiometry": dict(one.stoichiometry), "where": one.where}
                for one in self.all_reactions
            ],
            "light": self.light.description if isinstance(self.light, Drive) else f"{self.light:g}, constant",
            "thin layers": [{"region": layer.region, "width [m]": layer.width} for layer in self.layers],
            "periodic sides": [self.periodic.one, self.periodic.other] if self.periodic else [],
            "nodes": int(self.mesh.p.shape[1]),
            "vacuum permittivity [F/m]": vacuum_permittivity,
            "thermal voltage [V]": thermal_voltage(self.temperature),
        }  # fmt: skip


def _require_altering(species: Sequence[Species]) -> None:
    """Raise ValueError if what alters a diffusivity is not among the `species`."""
    names = [one.name for one in species]
    for one in species:
        for by in one.altered_by:
            if by.species not in names:
                raise ValueError(
                    f"diffusivity of {one.name}: altered by {by.species!r}, which the film does not have; its species"
                    f" are: {', '.join(names)}"
                )
