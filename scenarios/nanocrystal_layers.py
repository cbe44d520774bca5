"""Chloride hops from nanocrystal to nanocrystal, so that several layers drift and one does not.

Section of an array of CsPb(Br,Cl)3 nanocrystals in shells of ligands, between electrodes that lie on the shells. A
field moves chloride from layer to layer, faster than bromide. What crosses the gaps between layers adds up, and a
single layer has no gap (after the films of Liao et al.). Where holes at the positive electrode oxidise chloride, one
layer loses as much as several.

Assumed: the shells are part of the lattice, with a higher barrier, and let nothing through to the electrodes. With
`--oxidation` the positive electrode takes chloride for good and the negative one gives bromide for it. One and two
crystals in a row under the same field are followed beside every run, and beside one with oxidation the same array with
electrodes that take nothing.
"""

from dataclasses import dataclass, replace

from fem.constants import Concentration, ElectricField, Energy, K, Kelvin, Metre, Second, Velocity, eV, nm, s
from fem.model import PoissonNernstPlanck
from fem.observables.composition import halide_drift, spread
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.halides.band_gaps import gap_law
from fem.physics.halides.halide_stores import HalideStore
from fem.physics.halides.mixed_halide import HalideLattice
from fem.physics.light.spectra import EmissionLine
from fem.physics.materials import Material
from fem.scenario import Scenario, logarithmic_times
from scenarios.criteria.layers import BLOCKED, Layers
from scenarios.parts.beside import Beside
from scenarios.parts.crystal_array import CRYSTAL, LIGANDS, CrystalArray
from scenarios.parts.options import require_longer
from scenarios.parts.two_halides import two_halides
from scenarios.parts.voltage_direction import Direction

CRYSTALS = Material("CsPb(Br,Cl)3", 18.0)
SITES = 1.5e28  # [1/m^3] 3 per pseudo-cubic cell of 0.585 nm
HALIDES = {"bromide": 0.05 * eV, "chloride": 0.0}  # barrier beyond that of a chloride (assumption)
LINE = 80e-3 * eV  # width of the emission of an even film (assumption)
FIRST = 1e-7  # [s] first output
ELECTRODES = (("left", "right"), ("bottom", "top"))  # by the axis of the field


def scenario(
    layers: int = 4,
    columns: int = 4,
    size: Metre = 10 * nm,
    field: ElectricField = 2e7,
    drive_time: Second = 1e-3 * s,
    direction: Direction = Direction.VERTICAL,
    chloride_share: float = 0.5,
    vacancy_density: Concentration = 1e25,
    crystal_barrier: Energy = 0.36 * eV,
    ligand_barrier: Energy = 0.46 * eV,
    oxidation: Velocity = 0.0,
    temperature: Kelvin = 300 * K,
) -> Scenario:
    """Declare the experiment.

    Parameters
    ----------
    layers, columns
        Number of nanocrystals on top of each other and side by side.
    size
        Of a nanocrystal; two of them lie 2 nm apart.
    field
        Mean field, top or right electrode positive.
    drive_time
        How long it is held.
    direction
        Of the field: through the layers, or along them.
    chloride_share
        Of the halides as deposited.
    vacancy_density
        Halide vacancies as deposited.
    crystal_barrier, ligand_barrier
        Of a chloride that hops in crystals and through their shells; a bromide takes 0.05 eV more.
    oxidation
        Rate at which the positive electrode takes chloride; 0 for none.
    temperature
        Of the film.
    """
    require_longer(FIRST, drive_time=drive_time)
    barriers = {CRYSTAL: crystal_barrier, LIGANDS: ligand_barrier}
    lattice = two_halides(vacancy_density, chloride_share, barriers, HALIDES, SITES)
    film = _Film(lattice, field, drive_time, oxidation, temperature)
    array, vertical = CrystalArray(columns, layers, size), direction is Direction.VERTICAL
    axis, few = int(vertical), {n: CrystalArray(*((1, n) if vertical else (n, 1)), size) for n in (1, 2)}
    beside = [
        column
        for n, one in few.items()
        for column in Beside(film.of(one, axis), [one.moved(axis), one.lost()], f"{n} in a row").columns
    ]
    if oxidation > 0:
        blocked = replace(film, oxidation=0.0).of(array, axis)
        beside += Beside(blocked, [array.moved(axis), array.lost()], BLOCKED).columns
    drifts = [halide_drift("bromide"), halide_drift("chloride")]
    return replace(
        film.of(array, axis),
        observables=[array.moved(axis), array.lost(), spread("x"), spread("y"), *drifts, *beside],
        criteria=Layers(layers if vertical else columns, oxidation > 0).criteria,
        microstructure={"crystals": f"{columns} x {layers}, {size / nm:g} nm", "halide supply": _supply(oxidation)},
        line=EmissionLine(gap_law("CsPb(Br,Cl)3"), LINE, "where they are"),
    )


@dataclass(frozen=True)
class _Film:
    """What films of one and of many crystals have in common; arguments as of the scenario."""

    lattice: HalideLattice
    field: float
    drive_time: float
    oxidation: float
    temperature: float

    def of(self, array: CrystalArray, axis: int) -> Scenario:
        """The film of an array under the field along `axis`."""
        taken, height = self.oxidation, array.pitch * (array.layers if axis else array.columns)
        stores = (HalideStore(taken, 0.0, 0.0), HalideStore(0.0, taken, 0.0)) if taken else (None, None)
        contacts = [Contact(name, step(volt), halides=store)
                    for name, volt, store in zip(ELECTRODES[axis], (0.0, self.field * height), stores, strict=True)
                    ]  # fmt: skip
        model = PoissonNernstPlanck(array.mesh, CRYSTALS, [], contacts, self.temperature, lattice=self.lattice)
        return Scenario(model, logarithmic_times(FIRST, self.drive_time, 5), geometry="cross-section")


def _supply(oxidation: float) -> str:
    """What the run assumes about halides beyond its electrodes, for ``run.json``."""
    if oxidation == 0:
        return "shells of ligands block halides"
    return f"assumed: the positive electrode takes chloride at {oxidation:g} m/s, the negative one gives bromide"
