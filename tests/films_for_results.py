"""A film of two grains that runs in a moment, and ways to record it without drawing."""

from collections.abc import Sequence

import numpy as np
from skfem import MeshTri

from fem.constants import eV
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Coating, Contact, IonExchange, Reservoir
from fem.physics.drives.drive import step, table
from fem.physics.layers import boundary_lines, surface_lines
from fem.physics.light.luminescence import Light, UnpairedInterstitials
from fem.physics.materials import MAPbI3, Material
from fem.physics.species import Species, Sublattice
from fem.scenario import Criterion, Geometry, Observable, Scenario
from fem.storage.run_record import RunIdentity

WIDTH, HEIGHT = 2e-6, 1e-6
LIGHT = Light(1e27, (UnpairedInterstitials("iodide vacancy", 1e22, 1e-14),))
IDENTITY = RunIdentity(
    "two_grains",
    "Two grains & a <b>voltage</b>.\n\nAfter Bazant et al. (doi:10.1103/PhysRevE.70.021506).",
    {"bias": (0.5, "V"), "barrier": (0.3 * eV, "J"), "seed": (7, "")},
)


def two_grain_mesh(columns: int = 16, rows: int = 4) -> MeshTri:
    """Rectangle, finer towards left and right; ``grain_0`` is the left half, ``grain_1`` the right one."""
    s = np.linspace(-1, 1, columns + 1)
    x = 0.5 * WIDTH * (1 + np.sign(s) * (1 - (1 - np.abs(s)) ** 1.5))
    mesh = MeshTri.init_tensor(x, np.linspace(0, HEIGHT, rows + 1))
    sides = {
        "left": lambda p: p[0] == 0,
        "right": lambda p: p[0] == WIDTH,
        "bottom": lambda p: p[1] == 0,
        "top": lambda p: p[1] == HEIGHT,
    }
    lines = {"grain_boundary_lines": lambda p: np.abs(p[0] - WIDTH / 2) < 1e-12, "surface_lines": sides["top"]}
    grains = {"grain_0": lambda p: p[0] < WIDTH / 2, "grain_1": lambda p: p[0] > WIDTH / 2}
    return mesh.with_boundaries(sides).with_boundaries(lines, boundaries_only=False).with_subdomains(grains)


def two_grains(
    mesh: MeshTri | None = None,
    light: Light | None = LIGHT,
    times: Array | Sequence[float] = (0.0, 1e-3, 1e-2, 0.1, 1.0, 3.0),
    observables: Sequence[Observable] = (),
    criteria: Sequence[Criterion] = (),
    electrodes: tuple[str, str] = ("left", "right"),
) -> Scenario:
    """Vacancies in two grains of different barrier, half a volt between two electrodes from t = 0 on."""
    barriers = {"grain_0": 0.30 * eV, "grain_1": 0.34 * eV}
    vacancy = Species("iodide vacancy", 1, 1e22, 6.5e-8, barriers)
    contacts = [Contact(electrodes[0], step(0.5)), Contact(electrodes[1], 0.0)]
    model = PoissonNernstPlanck(two_grain_mesh() if mesh is None else mesh, MAPbI3, [vacancy], contacts)
    geometry: Geometry = "plan view" if electrodes[0] == "left" else "cross-section"
    return Scenario(model, np.asarray(times), light, observables, criteria, {"grains": 2}, geometry)


def lined_film(
    boundary_barrier: float = 0.2 * eV,
    surface_barrier: float = 0.25 * eV,
    width: float = 4e-9,
    material: Material = MAPbI3,
    contact: Contact | None = None,
    sites: Sublattice | None = None,
    light: Light = LIGHT,
) -> Scenario:
    """Two grains with a boundary and a surface as lines, under a table of voltages."""
    barriers = {"grain_0": 0.30 * eV, "grain_1": 0.34 * eV, "grain_boundary": boundary_barrier}
    barriers["surface"] = surface_barrier
    vacancy = Species("iodide vacancy", 1, 1e22, 6.5e-8, barriers, sublattice=sites)
    contacts = [contact or lined_contact(), Contact("right", 0.0)]
    layers = [boundary_lines(width), surface_lines(3e-9)]
    model = PoissonNernstPlanck(two_grain_mesh(8, 2), material, [vacancy], contacts, layers=layers)
    return Scenario(model, np.array([0.0, 1.0, 3.0]), light)


def lined_contact(
    middle: float = 0.5, law: IonExchange | None = None, coating: Coating | None = None, before: float = 0.0
) -> Contact:
    """Electrode of :func:`lined_film` with the voltage `middle` [V] in the middle of its table."""
    drive = table([0.0, 0.0, 1.5, 3.0], [before, 0.0, middle, 1.0])
    return Contact("left", drive, {"iodide vacancy": law or Reservoir(1e-9, 1e22)}, coating)
