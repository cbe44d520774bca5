"""A standard perovskite cell with mobile ions: current-voltage curves against DEVSIM, an independent code.

The cell is that of the IonMonger parameter set (N. E. Courtier, J. M. Cave, A. B. Walker, G. Richardson and J. M.
Foster, J. Comput. Electron. 18, 1435 (2019), doi:10.1007/s10825-019-01396-2), with gaps of 2.9 and 3.2 eV for its
transport layers, where minority carriers are therefore known too, and with radiative recombination (doi:
10.1021/acs.accounts.5b00411). We solve it in two dimensions on irregular triangles, DEVSIM in one on a mesh of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from devsim_cell import DevsimCell
from devsim_film import load_devsim, quiet
from irregular_films import graded, rectangle
from numpy.typing import NDArray
from skfem import MeshTri
from standard_cell import CellLayer, StandardCell
from verification import Order, Verification, observed_order

from fem.constants import eV, nm
from fem.evolve import evolve
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.physics.carriers.semiconductor import Semiconductor
from fem.physics.contacts import CarrierContact, Contact
from fem.physics.drives.drive import Drive, table
from fem.physics.layers import ThinLayer
from fem.physics.light.illumination import BeerLambert, Side
from fem.physics.materials import Material
from fem.physics.reactions.defect_chemistry import carrier_pairs, recombination
from fem.physics.reactions.recombination import Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall, SurfaceRecombination
from fem.physics.species import Species
from meshes import MeshSizes, columnar
from meshes.devices.stack import mesh_stack
from meshes.devices.stack_layers import Layer, Stack

Array = NDArray[np.float64]

HTL = CellLayer("htl", 200 * nm, 3.0, 2.2, 2.9, 5e25, 5e25, 1e-6, 1e-6, -1e24)
ABSORBER = CellLayer("film", 400 * nm, 24.1, 3.7, 1.7, 8.1e24, 5.8e24, 1.7e-4, 1.7e-4)
ETL = CellLayer("etl", 100 * nm, 10.0, 4.0, 3.2, 5e25, 5e25, 1e-5, 1e-5, 1e24)
CELL = StandardCell(
    layers=(HTL, ABSORBER, ETL), temperature=298.0,
    ions=1.6e25, ion_prefactor=6.5e-8, ion_barrier=0.58,
    electron_lifetime=3e-9, hole_lifetime=3e-7, surface_velocities=((0.1, 1e5), (1e5, 10.0)), radiative=0.6e-16,
    photon_flux=1.4e21, absorption=1.3e7,
)  # fmt: skip
SCAN = [(0.0, 0.0), (12.0, 1.2), (17.0, 1.2), (29.0, 0.0), (41.0, 1.2)]  # [s], [V]: 0.1 V/s, with a rest at 1.2 V
FINEST = 0.12 * nm
FROZEN = 1e-13  # by how much slower ions are that rest in equilibrium and then stay
VOLTAGES = np.linspace(0.0, 1.2, 61)


@pytest.fixture
def referee() -> None:
    try:
        load_devsim()
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"DEVSIM cannot be loaded ({error}): pip install -e '.[devsim]'")


@dataclass(frozen=True)
class Device:
    """The cell on a mesh: its anode and cathode, the faces of the absorber, where light comes from, and its width."""

    mesh: MeshTri
    contacts: tuple[str, str]
    faces: tuple[str, str]
    lit: tuple[float, Side]  # [m]
    width: float  # [m]


def strip(first: float) -> Device:
    """The cell from left to right, on irregular triangles that are flat and `first` [m] thick at its faces."""
    ends = np.cumsum([0.0, *(layer.thickness for layer in CELL.layers)])
    rows = [a + graded(b - a, first, 1.2, 10 * nm) for a, b in pairwise(ends.tolist())]
    x = np.concatenate([rows[0], rows[1][1:], rows[2][1:]])
    faces = (float(rows[1][0]), float(rows[2][0]))
    x[[len(rows[0]) - 1, len(rows[0]) + len(rows[1]) - 2]] = faces
    mesh = rectangle(x, np.linspace(0.0, 10 * nm, 3), lines=faces)
    mesh = mesh.with_subdomains({one.name: (lambda p, a=a, b=b: (p[0] > a) & (p[0] < b))
                                 for one, a, b in zip(CELL.layers, ends[:-1], ends[1:], strict=True)})  # fmt: skip
    return Device(mesh, ("left", "right"), ("boundary_0_1", "boundary_1_2"), (faces[1], "right"), 10 * nm)


def stack(first: float) -> Device:
    """The cell from bottom to top around a film of two grains, meshed as devices are."""
    film = columnar(100 * nm, ABSORBER.thickness, grains=2)
    layers = (Layer(HTL.name, HTL.thickness),), (Layer(ETL.name, ETL.thickness),)
    sizes = MeshSizes(electrode=first, boundary=30 * nm, interior=30 * nm, growth=1.2)
    faces = ("interface_htl_film", "interface_film_etl")
    mesh = mesh_stack(Stack(film, *layers), sizes).mesh
    return Device(mesh, ("bottom", "top"), faces, (ABSORBER.thickness, "top"), film.width)


def by_layer(quantity: str, unit: float = 1.0) -> Field:
    return {one.name: getattr(one, quantity) * unit for one in CELL.layers}


def model(drive: Drive | float, light: float, device: Device, ions: float = 1.0) -> PoissonNernstPlanck:
    """The cell with the anode at `drive` and ions that are `ions` times as fast as they should be."""
    a, (surface, side) = CELL.absorber, device.lit
    semiconductor = Semiconductor(
        by_layer("affinity", eV), by_layer("gap", eV), by_layer("conduction_states"), by_layer("valence_states"),
        by_layer("electron_diffusivity", 1 / CELL.volt), by_layer("hole_diffusivity", 1 / CELL.volt),
        by_layer("doping"),
    )  # fmt: skip
    vacancy = Species("vacancy", 1, CELL.ions, CELL.ion_prefactor * ions, CELL.ion_barrier * eV, where=(a.name,))
    shine = BeerLambert(CELL.photon_flux, CELL.absorption, surface, side)
    faces = zip(device.faces, CELL.surface_velocities, strict=True)
    reactions = [
        carrier_pairs({HTL.name: 0.0, a.name: shine, ETL.name: 0.0}),
        recombination("SRH", ShockleyReadHall(CELL.electron_lifetime, CELL.hole_lifetime), a.name),
        recombination("radiative", Radiative(CELL.radiative), a.name),
        *(recombination(face, SurfaceRecombination(*velocities), face) for face, velocities in faces),
    ]
    anode, cathode = device.contacts
    contacts = [Contact(anode, drive, carriers=CarrierContact()), Contact(cathode, 0.0, carriers=CarrierContact())]
    return PoissonNernstPlanck(
        device.mesh, Material("cell", by_layer("permittivity")), (vacancy,), contacts, CELL.temperature,
        semiconductor=semiconductor, reactions=reactions, light=light,
    )  # fmt: skip


def currents(drive: Drive, light: float, device: Device, times: Array, ions: float = 1.0) -> Array:
    """Current density from the anode at 0 and at `times` [s] after it [A/m^2]."""
    outputs = evolve(model(drive, light, device, ions), np.concatenate([[0.0], times]), 1e-3)
    return np.array([output.state.contact_current[0] for output in outputs]) / device.width


def drive_of(corners: Sequence[tuple[float, float]]) -> Drive:
    return table(*(list(column) for column in zip(*corners, strict=True)))


def figures_of_merit(volts: Array, current: Array) -> dict[str, float]:
    """J_sc [A/m^2], V_oc [V] and fill factor of a curve with voltages from 0 on."""
    open_circuit = float(np.interp(0.0, current, volts))
    fine = np.linspace(0.0, open_circuit, 2001)
    power = -np.interp(fine, volts, current) * fine
    return {"J_sc": -float(current[0]), "V_oc": open_circuit, "FF": power.max() / (-float(current[0]) * open_circuit)}


def worst(ours: Array, theirs: Array) -> float:
    """Largest difference of two curves over J_sc, or over the current itself where that is larger."""
    return float((np.abs(ours - theirs) / np.maximum(np.abs(theirs), np.abs(theirs[0]))).max())


def currents_at_rest(light: float) -> Array:
    """Current densities from both contacts at 0 V [A/m^2]."""
    device = strip(1 * nm)
    return model(0.0, light, device).initial_state().contact_current / device.width


def test_the_cell_rests_in_the_dark_and_delivers_what_light_makes() -> None:
    dark, lit = (currents_at_rest(light) for light in (0.0, 1.0))
    made = 1.602e-19 * CELL.photon_flux * (1 - np.exp(-CELL.absorption * ABSORBER.thickness))
    assert np.abs(dark).max() < 1e-9 * made
    assert 0.95 * made < lit[1] < made
    assert lit.sum() == pytest.approx(0.0, abs=1e-6 * made)


def test_scales_of_ions_that_live_in_one_layer_are_those_of_that_layer() -> None:
    """Also beside a thin layer that they meet from one side only."""
    device = strip(1 * nm)
    cell = model(1.0, 0.0, device)
    fast: Field = {ABSORBER.name: CELL.ion_barrier * eV, "face": 0.4 * eV}
    vacancy = replace(cell.species[0], activation_energy=fast)
    cell = replace(cell, species=(vacancy,), layers=(ThinLayer(device.faces[0], 1 * nm, "face"),))
    scales = cell.scale_report()
    assert scales.slowest_diffusivity == pytest.approx(CELL.ion_diffusivity, rel=1e-6, abs=0.0)
    assert np.isfinite(scales.slowest_time)
    assert scales.layer_time["face"] == pytest.approx((1 * nm) ** 2 / CELL.ion_diffusivity, rel=0.2, abs=0.0)


def curves_with_frozen_ions(light: float, resting: bool) -> tuple[Array, Array]:
    """Current densities at ``VOLTAGES``, ours and theirs, with ions spread evenly or `resting` as they do at 0 V."""
    with quiet():
        device = DevsimCell(CELL, finest=0.1, coarsest=3.0)
        if resting:
            device.rest(light)
        theirs = device.steady_currents(VOLTAGES.tolist(), light)
    slowly = 300 * VOLTAGES[1:]  # 3.3 mV/s: the charge of the electrodes takes a current of 1e-6 to 1e-5 A/m^2
    drive = drive_of([(0.0, 0.0), (slowly[-1], VOLTAGES[-1])])
    return currents(drive, light, strip(FINEST), slowly, FROZEN if resting else 0.0), theirs


@pytest.mark.slow
@pytest.mark.parametrize("resting", [False, True], ids=["even ions", "ions as at rest at 0 V"])
def test_lit_curves_with_frozen_ions_are_those_of_devsim(resting: bool, referee: None, verify: Verification) -> None:
    """The electronic part alone."""
    ours, theirs = curves_with_frozen_ions(1.0, resting)
    ions = "ions frozen as they rest at 0 V" if resting else "ions frozen, even"
    expected = figures_of_merit(VOLTAGES, theirs)
    for name, mine in figures_of_merit(VOLTAGES, ours).items():
        verify(id="X2", quantity=f"{name} against DEVSIM, {ions}", measured=mine, expected=expected[name],
               tolerance=2e-3)  # fmt: skip
    verify(id="X2", quantity=f"current-voltage curve in light, {ions}: largest difference", expected=0.0,
           measured=worst(ours, theirs), tolerance=0.01)  # fmt: skip


@pytest.mark.slow
def test_dark_currents_are_those_of_devsim_over_many_decades(referee: None, verify: Verification) -> None:
    ours, theirs = curves_with_frozen_ions(0.0, resting=False)
    flowing = theirs > 1e-2  # far above what charges the electrodes
    assert theirs[flowing].max() > 1e5 * theirs[flowing].min()
    gaps = np.abs(ours[flowing] / theirs[flowing] - 1)
    verify(id="X2", quantity="dark current over more than five decades, ions frozen, even: largest relative difference",
           measured=gaps.max(), expected=0.0, tolerance=0.01)  # fmt: skip


@pytest.mark.slow
def test_scans_with_mobile_ions_and_their_hysteresis_are_those_of_devsim(referee: None, verify: Verification) -> None:
    """Both codes converge to one curve; on the finest mesh it is also reached where the current is forty times J_sc."""
    with quiet():
        device = DevsimCell(CELL, finest=0.1, coarsest=3.0)
        device.rest(1.0)
        times, volts, theirs = device.scan(SCAN, (60, 25, 60, 60)).T
    sizes = [4 * FINEST, 2 * FINEST, FINEST]
    curves = [currents(drive_of(SCAN), 1.0, strip(size), times)[1:] for size in sizes]
    order = Order(observed_order(sizes, [worst(one, theirs) for one in curves]), 1.5)
    ours, found = curves[-1], {}
    verify(id="X2", quantity="forward, reverse and forward scan with mobile ions: largest difference", expected=0.0,
           measured=worst(ours, theirs), tolerance=0.01, order=order)  # fmt: skip
    modest = volts < 1.101
    verify(id="X2", quantity="the same up to 1.1 V, over J_sc everywhere", expected=0.0, tolerance=0.01,
           measured=np.abs(ours - theirs)[modest].max() / np.abs(theirs[0]))  # fmt: skip
    for name, part in (("reverse", slice(144, 83, -1)), ("forward", slice(144, 205))):
        expected, found[name] = figures_of_merit(volts[part], theirs[part]), figures_of_merit(volts[part], ours[part])
        for key, mine in found[name].items():
            verify(id="X2", quantity=f"{key} of the {name} scan with mobile ions, against DEVSIM", measured=mine,
                   expected=expected[key], tolerance=0.01)  # fmt: skip
        at = int(np.abs(volts[part] - 0.9).argmin())
        verify(id="X2", quantity=f"current at 0.9 V of the {name} scan [A/m^2]", measured=-ours[part][at],
               expected=-theirs[part][at], tolerance=0.01)  # fmt: skip
    assert found["reverse"]["FF"] > 1.1 * found["forward"]["FF"]  # there is a hysteresis to agree on


@pytest.mark.slow
def test_a_stack_with_grains_gives_the_curve_of_the_strip(verify: Verification) -> None:
    """Grains that differ in nothing: the mesh of a device changes nothing either."""
    times = np.linspace(0.0, SCAN[1][0], 25)[1:22]
    ours, other = (currents(drive_of(SCAN[:2]), 1.0, device(2 * FINEST), times) for device in (stack, strip))
    verify(id="X2", quantity="forward scan to 1.05 V, stack meshed with grains against strip: largest difference",
           measured=worst(ours, other), expected=0.0, tolerance=0.01)  # fmt: skip
