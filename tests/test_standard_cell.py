"""A standard perovskite cell with mobile ions: current-voltage curves against DEVSIM, an independent code.

The cell is that of the IonMonger parameter set (N. E. Courtier, J. M. Cave, A. B. Walker, G. Richardson and J. M.
Foster, J. Comput. Electron. 18, 1435 (2019), doi:10.1007/s10825-019-01396-2), with gaps of 2.9 and 3.2 eV for its
transport layers, where minority carriers are therefore known too, and with radiative recombination (doi:
10.1021/acs.accounts.5b00411). We solve it in two dimensions on irregular triangles, DEVSIM in one on a mesh of its own.
"""

from itertools import pairwise

import numpy as np
import pytest
from devsim_cell import DevsimCell
from devsim_film import load_devsim, quiet
from irregular_films import graded, rectangle
from numpy.typing import NDArray
from skfem import MeshTri
from standard_cell import CellLayer, StandardCell
from verification import Verification

from fem.constants import eV, nm
from fem.evolve import evolve
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.defect_chemistry import carrier_pairs, recombination
from fem.physics.drive import Drive, table
from fem.physics.illumination import BeerLambert
from fem.physics.materials import Material
from fem.physics.recombination import Radiative
from fem.physics.semiconductor import Semiconductor
from fem.physics.species import Species
from fem.physics.trap_recombination import ShockleyReadHall, SurfaceRecombination

Array = NDArray[np.float64]

HTL = CellLayer("htl", 200 * nm, 3.0, 2.2, 2.9, 5e25, 5e25, 1e-6, 1e-6, -1e24)
ABSORBER = CellLayer("absorber", 400 * nm, 24.1, 3.7, 1.7, 8.1e24, 5.8e24, 1.7e-4, 1.7e-4)
ETL = CellLayer("etl", 100 * nm, 10.0, 4.0, 3.2, 5e25, 5e25, 1e-5, 1e-5, 1e24)
CELL = StandardCell(
    layers=(HTL, ABSORBER, ETL), temperature=298.0,
    ions=1.6e25, ion_prefactor=6.5e-8, ion_barrier=0.58,
    electron_lifetime=3e-9, hole_lifetime=3e-7, surface_velocities=((0.1, 1e5), (1e5, 10.0)), radiative=0.6e-16,
    photon_flux=1.4e21, absorption=1.3e7,
)  # fmt: skip
FACES = ("boundary_0_1", "boundary_1_2")
HEIGHT = 10 * nm
SCAN = [(0.0, 0.0), (12.0, 1.2), (17.0, 1.2), (29.0, 0.0), (41.0, 1.2)]  # [s], [V]: 0.1 V/s, with a rest at 1.2 V
FROZEN = 1e-9  # by how much slower ions are that rest in equilibrium and then stay
VOLTAGES = np.linspace(0.0, 1.2, 61)


@pytest.fixture
def referee() -> None:
    try:
        load_devsim()
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"DEVSIM cannot be loaded ({error}): pip install -e '.[devsim]'")


def mesh(first: float, growth: float = 1.2) -> MeshTri:
    """The cell from left to right, with irregular triangles that are flat and `first` [m] thick at interfaces."""
    ends = np.cumsum([0.0, *(layer.thickness for layer in CELL.layers)])
    rows = [a + graded(b - a, first, growth, 10 * nm) for a, b in pairwise(ends.tolist())]
    x = np.concatenate([rows[0], rows[1][1:], rows[2][1:]])
    faces = (float(rows[1][0]), float(rows[2][0]))
    x[[len(rows[0]) - 1, len(rows[0]) + len(rows[1]) - 2]] = faces
    found = rectangle(x, np.linspace(0.0, HEIGHT, 3), lines=faces)
    return found.with_subdomains({one.name: (lambda p, a=a, b=b: (p[0] > a) & (p[0] < b))
                                  for one, a, b in zip(CELL.layers, ends[:-1], ends[1:], strict=True)})  # fmt: skip


def by_layer(quantity: str, unit: float = 1.0) -> Field:
    return {one.name: getattr(one, quantity) * unit for one in CELL.layers}


def model(drive: Drive | float, light: float, first: float = 0.25 * nm, ions: float = 1.0) -> PoissonNernstPlanck:
    """The cell with the anode at `drive` and ions that are `ions` times as fast as they should be."""
    a = CELL.absorber
    semiconductor = Semiconductor(
        by_layer("affinity", eV), by_layer("gap", eV), by_layer("conduction_states"), by_layer("valence_states"),
        by_layer("electron_diffusivity", 1 / CELL.volt), by_layer("hole_diffusivity", 1 / CELL.volt),
        by_layer("doping"),
    )  # fmt: skip
    vacancy = Species("vacancy", 1, CELL.ions, CELL.ion_prefactor * ions, CELL.ion_barrier * eV, where=(a.name,))
    shine = BeerLambert(CELL.photon_flux, CELL.absorption, HTL.thickness + a.thickness, "right")
    faces = zip(FACES, CELL.surface_velocities, strict=True)
    reactions = [
        carrier_pairs({HTL.name: 0.0, a.name: shine, ETL.name: 0.0}),
        recombination("SRH", ShockleyReadHall(CELL.electron_lifetime, CELL.hole_lifetime), a.name),
        recombination("radiative", Radiative(CELL.radiative), a.name),
        *(recombination(face, SurfaceRecombination(*velocities), face) for face, velocities in faces),
    ]
    contacts = [Contact("left", drive, carriers=CarrierContact()), Contact("right", 0.0, carriers=CarrierContact())]
    return PoissonNernstPlanck(
        mesh(first), Material("cell", by_layer("permittivity")), (vacancy,), contacts, CELL.temperature,
        semiconductor=semiconductor, reactions=reactions, light=light,
    )  # fmt: skip


def currents(cell: PoissonNernstPlanck, times: Array) -> Array:
    """Current density from the anode at `times` [s] after 0 [A/m^2]."""
    outputs = evolve(cell, np.concatenate([[0.0], times]), 1e-3)
    return np.array([output.state.contact_current[0] for output in outputs])[1:] / HEIGHT


def figures_of_merit(volts: Array, current: Array) -> dict[str, float]:
    """J_sc [A/m^2], V_oc [V] and fill factor of a curve with voltages from 0 on."""
    open_circuit = float(np.interp(0.0, current, volts))
    fine = np.linspace(0.0, open_circuit, 2001)
    power = -np.interp(fine, volts, current) * fine
    return {"J_sc": -float(current[0]), "V_oc": open_circuit, "FF": power.max() / (-float(current[0]) * open_circuit)}


def worst(ours: Array, theirs: Array) -> float:
    """Largest difference of two curves over J_sc, or over the current itself where that is larger."""
    return float((np.abs(ours - theirs) / np.maximum(np.abs(theirs), np.abs(theirs[0]))).max())


def test_the_cell_rests_in_the_dark_and_delivers_what_light_makes() -> None:
    dark, lit = (model(0.0, light, 1 * nm).initial_state().contact_current / HEIGHT for light in (0.0, 1.0))
    made = 1.602e-19 * CELL.photon_flux * (1 - np.exp(-CELL.absorption * ABSORBER.thickness))
    assert np.abs(dark).max() < 1e-9 * made
    assert 0.95 * made < lit[1] < made
    assert lit.sum() == pytest.approx(0.0, abs=1e-6 * made)


def test_scales_of_ions_that_live_in_one_layer_are_those_of_that_layer() -> None:
    scales = model(1.0, 0.0, 1 * nm).scale_report()
    assert scales.slowest_diffusivity == pytest.approx(CELL.ion_diffusivity, rel=1e-6)
    assert np.isfinite(scales.slowest_time)


@pytest.mark.slow
@pytest.mark.parametrize("light", [0.0, 1.0])
def test_curves_with_ions_at_rest_are_those_of_devsim(light: float, referee: None, verify: Verification) -> None:
    """Ions rest at 0 V and stay there: the electronic part alone."""
    with quiet():
        device = DevsimCell(CELL, finest=0.15, coarsest=4.0)
        device.rest(light)
        theirs = device.steady_currents(VOLTAGES.tolist(), light)
    slow = 1e4 * VOLTAGES[1:]  # 0.1 mV/s: the charge of the electrodes takes next to no current
    cell = model(table([0.0, slow[-1]], [0.0, VOLTAGES[-1]]), light, ions=FROZEN)
    start = cell.initial_state().contact_current[:1] / HEIGHT
    ours = np.concatenate([start, currents(cell, slow)])
    if light:
        for (name, mine), other in zip(
            figures_of_merit(VOLTAGES, ours).items(), figures_of_merit(VOLTAGES, theirs).values(), strict=True
        ):
            verify(id="X2", quantity=f"{name} with ions frozen at 0 V, against DEVSIM", measured=mine, expected=other,
                   tolerance=0.01)  # fmt: skip
        verify(id="X2", quantity="lit current-voltage curve, ions frozen: largest difference", expected=0.0,
               measured=worst(ours, theirs), tolerance=0.01)  # fmt: skip
        return
    flowing = theirs > 1e-3
    decades = np.log10(theirs[flowing].max() / theirs[flowing].min())
    gaps = np.abs(ours[flowing] / theirs[flowing] - 1)
    assert decades > 5
    verify(id="X2", quantity="dark current over more than five decades, ions frozen: largest relative difference",
           measured=gaps.max(), expected=0.0, tolerance=0.01)  # fmt: skip


@pytest.mark.slow
def test_scans_with_mobile_ions_and_their_hysteresis_are_those_of_devsim(referee: None, verify: Verification) -> None:
    """From rest at 0 V in the light: up, 5 s at 1.2 V, down, and up again at 0.1 V/s."""
    steps = (60, 25, 60, 60)
    with quiet():
        device = DevsimCell(CELL, finest=0.15, coarsest=4.0)
        device.rest(1.0)
        times, volts, theirs = device.scan(SCAN, steps).T
    scan = table(*(list(column) for column in zip(*SCAN, strict=True)))
    ours = currents(model(scan, 1.0), times)
    verify(id="X2", quantity="forward, reverse and forward scan at 0.1 V/s: largest difference", expected=0.0,
           measured=worst(ours, theirs), tolerance=0.01)  # fmt: skip
    found: dict[str, list[float]] = {}
    for name, part in (("reverse", slice(144, 84, -1)), ("forward", slice(144, 205))):
        for key, one in figures_of_merit(volts[part], ours[part]).items():
            other = figures_of_merit(volts[part], theirs[part])[key]
            verify(id="X2", quantity=f"{key} of the {name} scan at 0.1 V/s, against DEVSIM", measured=one,
                   expected=other, tolerance=0.01)  # fmt: skip
            found.setdefault(key, []).append(one)
        at = int(np.abs(volts[part] - 0.9).argmin())
        verify(id="X2", quantity=f"current at 0.9 V of the {name} scan [A/m^2]", measured=-ours[part][at],
               expected=-theirs[part][at], tolerance=0.01)  # fmt: skip
    assert found["FF"][0] > 1.1 * found["FF"][1]  # there is a hysteresis to agree on
