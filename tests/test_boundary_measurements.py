"""What boundaries do in a biased film: their share of the current and excess of ions, and Einstein's relation."""

import re
import runpy
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from irregular_films import INTERSTITIAL, VACANCY, film, graded, rectangle, with_strips
from numpy.typing import NDArray
from skfem import MeshTri
from verification import Verification

from fem.constants import boltzmann, elementary_charge, eV, nm, thermal_voltage, um
from fem.evolve import evolve
from fem.fields import Field
from fem.measurements.boundaries import boundary_current_share, boundary_excess
from fem.measurements.conductances import Conductances, Span
from fem.measurements.effective_diffusivity import effective_diffusivity
from fem.model import PoissonNernstPlanck
from fem.observables.boundary_observables import boundary_share_of_current, excess_in_boundaries
from fem.observables.observables import standard_observables
from fem.physics.contacts import Contact, Reservoir
from fem.physics.drives.drive import step
from fem.physics.layers import ThinLayer, boundary_lines
from fem.physics.periodic import PeriodicSides
from fem.physics.species import Species, Sublattice
from fem.scenario import Scenario
from fem.state import State
from meshes import MeshSizes, triangulate, voronoi

Array = NDArray[np.float64]

KT = boltzmann * 300.0
WIDTH = 4 * nm
GRAIN, FAST = 0.58 * eV, 0.48 * eV
DENSITY = 1e22


def columns(strips: bool) -> tuple[MeshTri, tuple[ThinLayer, ...]]:
    """Two boundaries of 4 nm along the field, in a film of 80 nm x 120 nm between electrodes at bottom and top."""
    edges = (22, 26, 54, 58) if strips else (24, 56)
    x = np.unique(np.concatenate([[0, 8, 16], edges, [34, 40, 46, 66, 72, 80]])).astype(float)
    lines = tuple(edge * nm for edge in edges)
    mesh = rectangle(x * nm, graded(120 * nm, 2 * nm, largest=12 * nm), lines=lines)
    if strips:
        return with_strips(mesh, {"grain_boundary": lambda p: np.abs(np.abs(p[0] - 40 * nm) - 16 * nm) < 2 * nm}), ()
    return mesh.with_subdomains({"grain_interior": lambda p: p[0] > -1.0}), (boundary_lines(WIDTH),)


def vacancy(boundary: float = FAST, segregation: float = 0.0, density: float = DENSITY) -> Species:
    """Deposited in equilibrium, so that a film with segregation carries no charge anywhere."""
    settled = {"grain_interior": density, "grain_boundary": density * np.exp(-segregation / KT)}
    return replace(
        VACANCY,
        concentration=settled,
        activation_energy={"grain_interior": GRAIN, "grain_boundary": boundary},
        segregation_energy={"grain_interior": 0.0, "grain_boundary": segregation},
    )


def states(model: PoissonNernstPlanck, times: Sequence[float]) -> list[State]:
    return [output.state for output in evolve(model, np.array(times))]


# --- share of the current ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("segregation", [0.0, -0.05 * eV])
@pytest.mark.parametrize("strips", [True, False], ids=["strips", "lines"])
def test_parallel_boundaries_carry_their_conductance(strips: bool, segregation: float, verify: Verification) -> None:
    mesh, layers = columns(strips)
    model = film(mesh, (vacancy(segregation=segregation),), layers=layers)
    rest, biased = states(model, (0.0, 1e-9))
    own = 0.1 * np.exp(-segregation / KT) * np.exp((GRAIN - FAST) / KT)
    what = f"share of the current in parallel {'strips' if strips else 'lines'}, s = {np.exp(-segregation / KT):.3g}"
    share = boundary_current_share(model, biased)
    verify(id="D8", quantity=what, measured=share, expected=own / (own + 0.9), tolerance=1e-5)
    assert np.isnan(boundary_current_share(model, rest))


def test_every_cross_section_has_the_same_share_once_the_film_is_steady() -> None:
    mesh, layers = columns(strips=False)
    contacts = (
        Contact("bottom", 0.0, {"vacancy": Reservoir(1e-3, DENSITY)}),
        Contact("top", step(0.05), {"vacancy": Reservoir(1e-3, DENSITY)}),
    )
    model = film(mesh, (vacancy(),), contacts, layers)
    last = states(model, (0.0, 1e3))[-1]
    own = 0.1 * np.exp((GRAIN - FAST) / KT)
    for between in (None, (10 * nm, 30 * nm), (55.5 * nm, 55.6 * nm)):
        assert boundary_current_share(model, last, between=between) == pytest.approx(
            own / (own + 0.9), rel=1e-6, abs=0.0
        )
    with pytest.raises(ValueError, match="lower to a higher place"):
        boundary_current_share(model, last, between=(30 * nm, 10 * nm))


def test_ties_between_periodic_sides_carry_no_part_of_the_current() -> None:
    mesh, layers = columns(strips=False)
    contacts = (Contact("bottom", 0.0), Contact("top", step(1.0)))
    tied = replace(film(mesh, (vacancy(),), contacts, layers), periodic=PeriodicSides("left", "right"))
    early, late = states(tied, (0.0, 1e-9, 1e-2))[1:]
    own = 0.1 * np.exp((GRAIN - FAST) / KT)
    assert boundary_current_share(tied, early) == pytest.approx(own / (own + 0.9), rel=1e-6, abs=0.0)
    parts = Conductances.of_model(tied, 0)
    ties = np.ptp(mesh.p[0, parts.volumes.nodes], axis=0) > 79 * nm
    assert ties.sum() == len(np.unique(mesh.p[1, mesh.p[0] == 0]))
    assert (parts.steps(Span(0))[ties] == 0).all()
    assert abs(boundary_current_share(tied, late) - own / (own + 0.9)) < 0.01


def test_currents_of_both_signs_of_ions_add_up() -> None:
    mesh, layers = columns(strips=True)
    slow_anion = replace(INTERSTITIAL, concentration=DENSITY, activation_energy=GRAIN)
    model = film(mesh, (vacancy(), slow_anion), layers=layers)
    biased = states(model, (0.0, 1e-9))[-1]
    own = 0.1 * np.exp((GRAIN - FAST) / KT)
    assert boundary_current_share(model, biased) == pytest.approx((own + 0.1) / (own + 0.9 + 1.0), rel=1e-6, abs=0.0)


def test_strips_across_the_current_carry_the_share_of_their_length() -> None:
    mesh, _ = columns(strips=True)
    contacts = (Contact("left", 0.0), Contact("right", step(0.5)))
    model = film(mesh, (vacancy(),), contacts)
    biased = states(model, (0.0, 1e-9))[-1]
    # Right after the step the field is uniform, not the current: 10 % of the length conducts better.
    own = 0.1 * np.exp((GRAIN - FAST) / KT)
    assert boundary_current_share(model, biased) == pytest.approx(own / (own + 0.9), rel=1e-6, abs=0.0)
    assert boundary_current_share(model, biased, between=(30 * nm, 50 * nm)) == 0.0


def test_site_exclusion_changes_no_share_of_a_uniform_film() -> None:
    mesh, layers = columns(strips=False)
    full = replace(vacancy(), sublattice=Sublattice("sites", 3 * DENSITY))
    model = film(mesh, (full,), layers=layers)
    early, late = states(model, (0.0, 1e-9, 1e-2))[1:]
    own = 0.1 * np.exp((GRAIN - FAST) / KT)
    assert boundary_current_share(model, early) == pytest.approx(own / (own + 0.9), rel=1e-6, abs=0.0)
    assert 0 < boundary_current_share(model, late) < 1


def test_a_share_needs_to_know_where_and_along_what() -> None:
    mesh, layers = columns(strips=False)
    model = film(mesh, (vacancy(),), (Contact("bottom", 0.0),), layers)
    state = model.initial_state()
    with pytest.raises(ValueError, match="one contact: say along which axis"):
        boundary_current_share(model, state)
    with pytest.raises(ValueError, match=r"region 'grain_boundry' does not exist; available: grain_boundary"):
        boundary_current_share(model, state, region="grain_boundry", axis="y")


# --- excess of ions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("energy", [-0.1 * eV, 0.05 * eV])
@pytest.mark.parametrize("strips", [True, False], ids=["strips", "lines"])
def test_segregation_gives_gibbs_excess(strips: bool, energy: float, verify: Verification) -> None:
    """``delta c_g (s - 1)`` in equilibrium; lines that repel ions have to be fast enough to conduct better."""
    mesh, layers = columns(strips)
    model = film(mesh, (vacancy(0.30 * eV, energy),), layers=layers)
    s = float(np.exp(-energy / KT))
    what = f"excess in {'strips' if strips else 'lines'} at rest over delta c (s - 1), s = {s:.3g}"
    gained = boundary_excess(model, model.initial_state(), "vacancy") / (WIDTH * DENSITY * (s - 1))
    # What a line stores falls short by D_g s_g / (D_b s_b) of its width, 1.4e-4 here at most.
    verify(id="D8", quantity=what, measured=gained, expected=1.0, tolerance=1e-10 if strips else 1e-4)


def test_boundaries_that_run_ahead_gain_at_one_electrode_and_lose_at_the_other() -> None:
    mesh, layers = columns(strips=False)
    model = film(mesh, (vacancy(0.40 * eV, density=1e23),), (Contact("bottom", 0.0), Contact("top", step(0.1))), layers)
    state = states(model, (0.0, 1e-2))[-1]
    low, high = ((0.0, 15 * nm), (105 * nm, 120 * nm))
    gained, lost = (boundary_excess(model, state, "vacancy", between=between) for between in (low, high))
    assert gained > 0 > lost
    assert abs(boundary_excess(model, state, "vacancy")) < 0.5 * gained
    with pytest.raises(ValueError, match="no length of 'grain_boundary'"):
        boundary_excess(model, state, "vacancy", axis="x", between=(30 * nm, 50 * nm))
    with pytest.raises(ValueError, match="species 'vacency' does not exist"):
        boundary_excess(model, state, "vacency")


@cache
def polycrystal() -> PoissonNernstPlanck:
    grains = voronoi(0.6 * um, 0.4 * um, grains=8, seed=3)
    mesh = triangulate(grains, MeshSizes(20 * nm, 20 * nm, 40 * nm))
    return film(
        mesh, (vacancy(0.40 * eV),), (Contact("left", 0.0), Contact("right", step(0.5))), (boundary_lines(WIDTH),)
    )


def test_observables_of_a_scenario_give_both() -> None:
    model = polycrystal()
    columns_asked = (boundary_share_of_current(), excess_in_boundaries("vacancy", between=(0.0, 100 * nm)))
    scenario = Scenario(model, np.array([0.0, 1e-6]), observables=columns_asked)
    headers = [one.column for one in standard_observables(scenario)]
    assert headers[-2:] == ["boundary share of ionic current [1]", "vacancy boundary excess [1/m^2]"]
    rest, biased = states(model, (0.0, 1e-6))
    share, excess = columns_asked
    assert np.isnan(share.measure(scenario, rest)) and excess.measure(scenario, rest) == pytest.approx(0.0, abs=1.0)
    assert share.measure(scenario, biased) == boundary_current_share(model, biased)
    names = [name for name in model.mesh.boundaries if name.startswith("boundary_")]
    single = [boundary_current_share(model, biased, region=name) for name in names]
    assert sum(single) == pytest.approx(share.measure(scenario, biased), rel=1e-9, abs=0.0)
    assert 0.5 < share.measure(scenario, biased) < 1


# --- Einstein ---------------------------------------------------------------------------------------------------------


def steady_mobility(mesh: MeshTri, layers: tuple[ThinLayer, ...], barriers: Field, bias: float) -> float:
    """Mobility [m^2/(V s)] from the steady ionic current between contacts that exchange ions freely, at small bias."""
    ion = replace(VACANCY, concentration=DENSITY, activation_energy=barriers)
    free = {"vacancy": Reservoir(1.0, DENSITY)}
    contacts = (Contact("left", step(bias), free), Contact("right", 0.0, free))
    model = film(mesh, (ion,), contacts, layers)
    width, height = np.ptp(mesh.p, axis=1)
    slowest = width**2 / 6.5e-8 / np.exp(-GRAIN / KT)
    *_, last = evolve(model, np.array([0.0, 30 * slowest]), tolerance=1e-4)
    current = last.state.contact_current
    assert current[0] == pytest.approx(-current[1], rel=1e-6, abs=0.0)
    return float(current[0] / height * width / bias / (elementary_charge * DENSITY))


@pytest.mark.parametrize("strips", [True, False], ids=["strips", "lines"])
def test_mobility_and_effective_diffusivity_obey_einstein(strips: bool, verify: Verification) -> None:
    """The whole Poisson-Nernst-Planck model against the steady problem, on boundaries along and across the field."""
    x, y = np.linspace(0, 120, 31) * nm, np.linspace(0, 80, 21) * nm
    mesh = rectangle(x, y, jitter=0.0)
    layers: tuple[ThinLayer, ...] = ()
    if strips:
        cross = {"grain_boundary": lambda p: (np.abs(p[0] - 62 * nm) < 2 * nm) | (np.abs(p[1] - 38 * nm) < 2 * nm)}
        mesh = with_strips(mesh, cross)
    else:
        lines = {"grain_boundary_lines": lambda p: (np.abs(p[0] - 60 * nm) < 1e-12) | (np.abs(p[1] - 40 * nm) < 1e-12)}
        mesh = mesh.with_boundaries(lines, boundaries_only=False)
        mesh, layers = mesh.with_subdomains({"grain_interior": lambda p: p[0] > -1.0}), (boundary_lines(WIDTH),)
    barriers: Field = {"grain_interior": GRAIN, "grain_boundary": 0.45 * eV}
    bias = 1e-3 * thermal_voltage(300.0)
    effective = effective_diffusivity(mesh, replace(VACANCY, activation_energy=barriers), 300.0, layers)
    mobility = steady_mobility(mesh, layers, barriers, bias)
    what = f"mobility of a film with boundaries ({'strips' if strips else 'lines'}) over e D_eff / kT"
    ratio = mobility * thermal_voltage(300.0) / effective.between_electrodes[0]
    verify(id="D7", quantity=what, measured=ratio, expected=1.0, tolerance=1e-6)


# --- the page about all this ------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[1] / "docs" / "virtual_measurements.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_of_the_page_run(number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "example.py"
    script.write_text(EXAMPLES[number], encoding="utf-8")
    runpy.run_path(str(script))
    printed = capsys.readouterr().out
    numbers = [float(word) for word in re.findall(r"[-+.\d]+(?:e[-+]\d+)?", printed)]
    assert len(numbers) >= 3 and np.isfinite(numbers).all()
    assert printed.count("nan") == ("evolve" in EXAMPLES[number])  # the share of no current, in the first row


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == 4
