"""Extremes: large voltages, extreme densities, steep contrasts of barriers, cold and hot films, tiny currents.

Each film finishes, and what it finishes with is right: ions and charge are kept, nothing is negative, and a hundred
times its slowest time after the step the film is in equilibrium (a solution that had stalled would not be). What no
computer can follow is refused with a reason.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import pytest
from films_for_theory import DIFFUSIVITY, PERMITTIVITY, VOLT, closed_cell, one_ion
from irregular_films import graded, rectangle, with_strips
from meshes_for_tests import Grading, vertical_film
from numpy.typing import NDArray
from theory.charging import Cell
from theory.double_layer import Bulk
from verification import Verification

from fem.constants import eV, nm, thermal_voltage, um
from fem.evolve import Output, evolve
from fem.fields import Field
from fem.model import PoissonNernstPlanck
from fem.numerics.adaptive import ALLOWANCE
from fem.physics.contacts import Contact
from fem.physics.drives.drive import Drive, square, step
from fem.physics.layers import ThinLayer, boundary_lines
from fem.physics.materials import MAPbI3
from fem.physics.nernst_planck import crowding
from fem.physics.scales import debye_length
from fem.physics.species import Species, Sublattice
from fem.scenario import Scenario

Array = NDArray[np.float64]

HALIDE_SITES = Sublattice("iodide sites", 1.21e28)


@dataclass(frozen=True)
class Film:
    """A film of two grains, `length` [m] between its electrodes, that takes a step of `volts`."""

    boundary: Literal["line", "strip"] = "line"
    volts: float = 1.0
    length: float = 400 * nm
    density: float = 1e23
    grain_barrier: float = 0.58 * eV
    boundary_barrier: float = 0.30 * eV
    temperature: float = 300.0
    sites: Sublattice | None = HALIDE_SITES

    def model(self, drive: Drive | None = None) -> PoissonNernstPlanck:
        """The film with cells at the electrodes that follow the Debye length."""
        debye = debye_length(25.0, self.density, thermal_voltage(self.temperature))
        y = graded(self.length, min(debye / 4, 2 * nm), 1.35, self.length / 20)
        layers: tuple[ThinLayer, ...] = ()
        if self.boundary == "line":
            mesh, layers = rectangle(np.linspace(0, 40, 5) * nm, y, lines=(20 * nm,)), (boundary_lines(4 * nm),)
        else:
            x = np.array([0, 8, 14, 18, 20, 22, 26, 32, 40]) * nm
            mesh = with_strips(rectangle(x, y), {"grain_boundary": lambda p: np.abs(p[0] - 20 * nm) < 2 * nm})
        grains = ("grain_0", "grain_1") if layers else ("grain_interior",)
        barriers: Field = {**dict.fromkeys(grains, self.grain_barrier), "grain_boundary": self.boundary_barrier}
        vacancy = Species("vacancy", 1, self.density, 6.5e-8, barriers, sublattice=self.sites)
        contacts = (Contact("bottom", 0.0), Contact("top", drive or step(self.volts)))
        return PoissonNernstPlanck(mesh, MAPbI3, (vacancy,), contacts, self.temperature, layers)


def run(model: PoissonNernstPlanck, tolerance: float = 1e-2, end: float = 0.0) -> list[Output]:
    """Twelve outputs from a hundredth of the fastest time to a hundred times the slowest, or to `end` [s]."""
    scales = model.scale_report()
    times = np.geomspace(1e-2 * scales.fastest_time, end or 100 * scales.slowest_time, 12)
    return list(evolve(model, np.concatenate([[0.0], times]), tolerance))


def imbalance(model: PoissonNernstPlanck, output: Output) -> float:
    """Largest difference of the electrochemical potential [kT] between places that hold ions."""
    fields = np.vstack([output.state.potential / model.unknowns.thermal_voltage,
                        output.state.concentrations / model.unknowns.unit[:, None]])  # fmt: skip
    crowded = [crowding(model.unknowns.filling(sites, fields))[0] for sites in model.unknowns.sublattices]
    held = fields[1] > 1e-6
    return float(np.ptp((np.log(np.where(held, fields[1], 1.0)) + fields[0] + sum(crowded))[held]))


def check_kept(model: PoissonNernstPlanck, outputs: list[Output], drift: float) -> None:
    """Ions to the relative `drift`, charge to eight digits of the largest one, and no concentration below zero."""
    start = model.total_ions(outputs[0].state)
    for output in outputs[1:]:
        assert np.abs(model.total_ions(output.state) / start - 1).max() <= drift
        metal = output.state.contact_charge
        assert abs(metal.sum() + model.film_charge(output.state)) <= 1e-8 * np.abs(metal).max()
    assert outputs[-1].statistics.lowest_relative_concentration >= -ALLOWANCE


STEEP: dict[str, Any] = {"grain_barrier": 0.8 * eV, "boundary_barrier": 0.2 * eV}
HIGH: dict[str, Any] = {"volts": 200.0, "length": 100 * um}
QUICK = {
    "25 V over 400 nm": Film(volts=25.0),
    "200 V over 400 nm": Film(volts=200.0),
    "200 V over 100 um": Film(**HIGH, density=1e22),
    "1e19 per m3": Film(density=1e19),
    "1e27 per m3": Film(density=1e27),
    "400 K": Film(temperature=400.0),
}
FILMS = QUICK | {
    "-25 V over 400 nm": Film(volts=-25.0),
    "25 V over 400 nm, strip": Film("strip", volts=25.0),
    "25 V over 400 nm, dilute": Film(volts=25.0, sites=None),
    "200 V over 100 um, dilute": Film(**HIGH, density=1e24, sites=None),
    "200 V over 100 um, 1e19 per m3": Film(**HIGH, density=1e19),
    "200 V over 100 um, 1e25 per m3": Film(**HIGH, density=1e25),
    "1e21 per m3": Film(density=1e21),
    "1e25 per m3": Film(density=1e25),
    "1e27 per m3, strip": Film("strip", density=1e27),
    "1e27 per m3, dilute": Film(density=1e27, sites=None),
    "1e19 per m3 and 25 V": Film(density=1e19, volts=25.0),
    "1e27 per m3 and 25 V": Film(density=1e27, volts=25.0),
    "two sites per ion and 25 V": Film(volts=25.0, sites=Sublattice("few sites", 2e23)),
    "nine of ten sites taken": Film(sites=Sublattice("few sites", 1e23 / 0.9)),
    "400 K, strip": Film("strip", temperature=400.0),
    "400 K, 1e27 per m3 and 25 V": Film(temperature=400.0, density=1e27, volts=25.0),
}
CONTRASTS = {
    "0.6 eV": Film(**STEEP),
    "0.6 eV, strip": Film("strip", **STEEP),
    "0.6 eV and 25 V": Film(volts=25.0, **STEEP),
    "0.6 eV, 25 V and 1e19 per m3": Film(volts=25.0, density=1e19, **STEEP),
    "0.6 eV and 200 V over 100 um": Film(**HIGH, density=1e22, **STEEP),
    "0.6 eV, 400 K, 25 V and 1e27 per m3": Film(volts=25.0, density=1e27, temperature=400.0, **STEEP),
    "150 K": Film(temperature=150.0),
    "150 K, strip": Film("strip", temperature=150.0),
    "150 K and 25 V": Film(temperature=150.0, volts=25.0),
    "150 K and 1e19 per m3": Film(temperature=150.0, density=1e19),
    "150 K and 1e27 per m3": Film(temperature=150.0, density=1e27),
    "150 K and 200 V over 100 um": Film(**HIGH, density=1e22, temperature=150.0),
}


def in_equilibrium(name: str, film: Film, verify: Verification, drift: float, left: float = 1e-6) -> None:
    """Runs `film` and enters what is left to equilibrium, and what of the ions and the charge is lost."""
    model = film.model()
    outputs = run(model)
    assert imbalance(model, outputs[6]) > 1e-3  # the run had something to do
    verify(id="N2", quantity=f"electrochemical potential, largest difference at the end [kT], {name}",
           measured=imbalance(model, outputs[-1]), expected=0.0, tolerance=left)  # fmt: skip
    start = model.total_ions(outputs[0].state)
    lost = max(float(np.abs(model.total_ions(output.state) / start - 1).max()) for output in outputs)
    verify(id="N2", quantity=f"ions lost or made, {name}", measured=lost, expected=0.0, tolerance=drift)
    check_kept(model, outputs, drift)


@pytest.mark.parametrize("name", QUICK)
def test_extreme_films_finish_in_equilibrium(name: str, verify: Verification) -> None:
    in_equilibrium(name, QUICK[name], verify, drift=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FILMS.keys() - QUICK.keys()))
def test_combined_extremes_finish_in_equilibrium(name: str, verify: Verification) -> None:
    in_equilibrium(name, FILMS[name], verify, drift=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTRASTS)
def test_contrasts_of_ten_decades_finish_in_equilibrium(name: str, verify: Verification) -> None:
    """Grains take as long as their boundaries move ions 1e9 times over: round-off of that motion is lost per step."""
    in_equilibrium(name, CONTRASTS[name], verify, drift=1e-6, left=1e-4)


@pytest.mark.parametrize("volts", [1.0, 25.0])
def test_a_contrast_that_no_number_can_hold_is_refused_with_the_reason(volts: float) -> None:
    """0.6 eV at 150 K are twenty decades: boundaries would have to be followed for 1e23 of their own times."""
    model = Film(temperature=150.0, volts=volts, **STEEP).model()
    with pytest.raises(ValueError, match="times the fastest motion of ions"):
        run(model)
    scales = model.scale_report()
    with pytest.raises(ValueError, match="bring the activation energies closer together"):
        Scenario(model, np.array([0.0, scales.slowest_time]))
    early = list(evolve(model, np.array([0.0, 1e6 * scales.fastest_time])))  # its boundaries' own motion is no problem
    check_kept(model, early, drift=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["25 V over 400 nm", "1e19 per m3", "1e27 per m3, dilute", "0.6 eV, strip", "150 K"])
def test_the_default_tolerance_serves_at_extremes_too(name: str, verify: Verification) -> None:
    """Charge at all times against a run with a hundredth of the tolerance."""
    model = (FILMS | CONTRASTS)[name].model()
    charge, fine = (np.array([o.state.contact_charge for o in run(model, tolerance)])[1:] for tolerance in (1e-2, 1e-4))
    verify(id="N2", quantity=f"charge at the default tolerance, largest error over the largest charge, {name}",
           measured=float(np.abs(charge - fine).max() / np.abs(fine).max()), expected=0.0, tolerance=2e-4)  # fmt: skip


@pytest.mark.slow
def test_a_square_wave_of_25_v_keeps_ions_and_charge() -> None:
    model = Film().model(square(25.0, -25.0, 10.0))
    check_kept(model, run(model, end=40.0), drift=1e-12)


# --- tiny currents ----------------------------------------------------------------------------------------------------


@cache
def charging(density: float, volts: float, tolerance: float) -> tuple[Array, Array]:
    """Charge of a blocking cell of fifty Debye lengths after a step, per area and volt, and its exact linear response.

    Both in units of the ions' part of the final charge [1].
    """
    length = Bulk(density, PERMITTIVITY).debye_length(1)
    cell = Cell(Bulk(density, PERMITTIVITY).permittivity, length, 50 * length, DIFFUSIVITY)
    mesh = vertical_film(cell.gap, length, Grading(0.05 * length, 0.2, length))
    times = np.geomspace(1e-3 * length**2 / DIFFUSIVITY, 12 * cell.thin_layer_time, 25)
    model = closed_cell(mesh, one_ion(density), volts / VOLT)
    states = [output.state for output in evolve(model, np.concatenate([[0.0], times]), tolerance)][1:]
    exact = cell.charge(1.0, times)
    ionic = exact[-1] - cell.geometric_capacitance
    found = np.array([state.contact_charge[0] for state in states]) / (length * volts)
    return found / ionic, exact / ionic


@pytest.mark.parametrize("density", [1e24, 1e12])
@pytest.mark.parametrize("volts", [1e-3, 1e-6, 1e-9])
def test_tiny_currents_are_as_accurate_as_others(volts: float, density: float, verify: Verification) -> None:
    """No absolute tolerance takes a tiny change for none: the response per volt is the exact one down to nanovolts."""
    found, exact = charging(density, volts, 1e-2)
    fine = charging(density, 1e-3, 1e-5)[0]
    assert np.abs(fine - exact).max() < 5e-3  # what the mesh leaves
    what = f"charge per volt, time error over the ions' charge, {volts:g} V, {density:g} ions per m3"
    verify(id="N2", quantity=what, measured=float(np.abs(found - fine).max()), expected=0.0, tolerance=3e-3)


def test_tiny_currents_follow_a_smaller_tolerance() -> None:
    """A tolerance that means the ions instead of their motion would change nothing at a microvolt."""
    fine = charging(1e24, 1e-6, 1e-5)[0]
    errors = [np.abs(charging(1e24, 1e-6, tolerance)[0] - fine).max() for tolerance in (1e-2, 1e-4)]
    assert errors[1] < 0.2 * errors[0]
