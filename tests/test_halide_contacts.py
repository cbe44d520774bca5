"""Halides that cross contacts: stores that conserve sites and each halide, fronts that travel, layers that stay."""

import re
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from films_with_halides import (
    FAST,
    KT,
    SITES,
    SLOW,
    along,
    column,
    even,
    film,
    halides,
    lattice,
    neutral,
    states,
)
from irregular_films import graded, rectangle
from test_jacobian import deviation
from verification import Order, Verification, observed_order

from fem.constants import eV, nm, thermal_voltage
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Coating, Contact, Reservoir
from fem.physics.drives.drive import pulse, ramp, sine, step
from fem.physics.halides.halide_stores import HalideStore
from fem.physics.halides.mixed_halide import Halide, HalideLattice
from fem.physics.layers import boundary_lines
from fem.physics.materials import Material
from fem.physics.species import Species

VOLT = thermal_voltage(300.0)
IRREVERSIBLE = -1.0  # V, standard potential that leaves no way back


def exchanging(volts: float, store: HalideStore, thickness: float = 200 * nm) -> PoissonNernstPlanck:
    """The film of CsPb(Br,I)3 of 200 nm between two stores, iodide 6.9 times as fast as bromide."""
    mesh = column(graded(200 * nm, 0.5 * nm, largest=6 * nm))
    sites = lattice(1e24 / SITES, 0.5, (5.8e-14, 5.8e-14 / 6.9))
    own = replace(store, thickness=thickness)
    contacts = (Contact("bottom", pulse(volts, 60.0), halides=own), Contact("top", 0.0, halides=own))
    return film(mesh, sites, contacts)


OPEN = HalideStore(1e-3, 1e-3, 0.5)


def mean_change(model: PoissonNernstPlanck, share: Array) -> float:
    """Mean departure of the composition from one half."""
    return float(model.volumes @ np.abs(share - 0.5) / model.volumes.sum())


def test_stores_conserve_halides_and_sites(verify: Verification) -> None:
    model = exchanging(5.0, OPEN)
    start = halides(model, model.initial_state())
    sites = model.total_ions(model.initial_state())[0] - model.initial_state().stores.sum()
    worst = lost = 0.0
    for state in states(model, [1e-3, 1.0, 20.0, 60.0, 600.0], 1e-2):
        worst = max(worst, float(np.abs(halides(model, state) / start - 1).max()))
        now = model.total_ions(state)[0] - state.stores.sum()
        lost = max(lost, abs(now - sites) / state.stores.sum())
        entered = state.exchanged.sum(axis=0)
        np.testing.assert_allclose(
            model.total_ions(state) - entered, model.total_ions(model.initial_state()), rtol=1e-9
        )
        assert abs(state.contact_current.sum()) <= 1e-6 * np.abs(state.contact_current).max()
    verify(
        id="D16", quantity="drift of the halides in film and stores, 5 V", measured=worst, expected=0.0, tolerance=1e-12
    )
    verify(
        id="D16", quantity="drift of the sites in film and stores, 5 V", measured=lost, expected=0.0, tolerance=1e-12
    )


def test_default_steps_know_the_composition_to_a_thousandth(verify: Verification) -> None:
    rough, fine = (states(exchanging(5.0, OPEN), [10.0, 60.0], one) for one in (1e-2, 1e-5))
    worst = max(np.abs(a.share - b.share).max() for a, b in zip(rough, fine, strict=True))
    what = "error of x at the default tolerance, 5 V and stores"
    verify(id="D16", quantity=what, measured=worst, expected=0.0, tolerance=1e-3)


def test_the_supply_of_halides_decides_how_far_a_film_segregates(verify: Verification) -> None:
    open_end = states(exchanging(5.0, OPEN), [60.0], 1e-3)[-1]
    model = exchanging(5.0, HalideStore(0.0, 0.0, 0.5))
    closed_end = states(model, [60.0], 1e-3)[-1]
    assert mean_change(model, open_end.share) > 0.1
    assert mean_change(model, closed_end.share) < 1e-3
    _, x = along(model, open_end.share)
    assert x[-1] > 0.9 and x[0] < 0.4  # the slow halide behind the front, the fast one at the anode


def test_slow_stores_pass_less() -> None:
    moved = []
    for rate in (1e-3, 1e-10, 1e-11):
        state = states(exchanging(5.0, HalideStore(rate, rate, 0.5)), [20.0], 1e-2)[-1]
        moved.append(float(np.abs(state.exchanged[0, 0])))
    assert moved[0] > 2 * moved[1] and moved[1] == pytest.approx(10 * moved[2], rel=0.3, abs=0.0)


def test_an_empty_store_gives_no_more() -> None:
    model = exchanging(5.0, OPEN, 20 * nm)
    state = states(model, [60.0], 1e-2)[-1]
    assert -1e-6 < state.stores[1].min() / state.stores[0].sum() < 0.01
    assert (state.concentrations >= -1e-9 * SITES).all()


def test_iodide_is_oxidised_first() -> None:
    """Where only its standard potential is below the anode's, iodide alone leaves, and the film turns to bromide."""
    coating = Coating(2 * nm, 5.0)
    store = HalideStore(1e-9, 1e-9, 0.0, None, 0.2, 0.7)
    mesh = column(graded(100 * nm, 0.5 * nm, largest=6 * nm))
    contacts = (Contact("bottom", step(0.6), coating=coating, halides=store), Contact("top", 0.0))
    state = states(film(mesh, lattice(1e-4, 0.5, (FAST, FAST)), contacts), [100.0], 1e-3)[-1]
    first, second = state.stores[0]
    assert first > 0 and abs(second) < 1e-3 * first
    assert state.share.max() > 0.5


def test_halides_and_a_store_agree_at_rest(verify: Verification) -> None:
    """At no voltage a store without end brings its own composition, whatever the rates, and leaves the vacancies."""
    store = HalideStore(1e-6, 1e-7, 0.8)
    sites = lattice(1e-3, 0.3)
    model = film(even(40 * nm, 2 * nm), sites, (Contact("bottom", 0.0, halides=store), Contact("top", 0.0)))
    end = states(model, [1e7], 1e-4)[-1]
    verify(
        id="D16",
        quantity="composition that a store imposes at rest",
        measured=end.share.mean(),
        expected=0.8,
        tolerance=1e-6,
    )
    vacancies = end.concentrations[0].mean() / (1e-3 * SITES)
    assert vacancies == pytest.approx(1.0, abs=2e-3)


def travelling(steepness: float, step_size: float) -> tuple[float, float, float]:
    """A front through a film without screening: error of x, of its place [m] and of its slope, over theory.

    Fluxes are imposed: the anode takes halides as they come, at a rate that nothing else changes.
    """
    length, few, back = 330 * nm, 1e-5, 100 * nm
    rate = steepness / (1 / SLOW - 1 / FAST)  # halides that pass over those that vacancies replace [m/s]
    speed, time = few * rate, 150 * nm / (few * rate)

    def front(y: Array, place: float) -> Array:
        return np.asarray(1 / (1 + np.exp(-steepness * (y - place))))

    start = length - back
    sites = lattice(few, lambda x, y: front(y, start))
    volts = 1.1 * VOLT * rate / SLOW * (length - 60 * nm)
    damped = np.exp(-0.5 * IRREVERSIBLE / VOLT)
    anode = HalideStore(rate / damped, rate / damped, 0.5, None, IRREVERSIBLE, IRREVERSIBLE)
    cathode = HalideStore(1e-3, 1e-3, 1.0)
    contacts = (Contact("bottom", volts, halides=anode), Contact("top", 0.0, halides=cathode))
    model = film(even(length, step_size), sites, contacts, neutral(few))
    end = states(model, [time], 1e-4)[-1]
    y, x = along(model, end.share)
    assert (np.diff(x) > -1e-9).all() and x.min() > -1e-9 and x.max() < 1 + 1e-9
    (_, before), (slope, after) = (logistic(y, one) for one in (along(model, model.initial_state().share)[1], x))
    error = float(np.abs(x - front(y, before - speed * time))[(y > 20 * nm) & (y < length - 20 * nm)].max())
    return error, before - after - speed * time, slope / steepness - 1


def logistic(y: Array, x: Array) -> tuple[float, float]:
    """Steepness [1/m] and place [m] of a front."""
    inner = (x > 0.02) & (x < 0.98)
    slope, offset = np.polyfit(y[inner], np.log(x[inner] / (1 - x[inner])), 1)
    return float(slope), float(-offset / slope)


def test_a_front_travels_as_in_isotachophoresis(verify: Verification) -> None:
    steepness, steps = 1e8, (4 * nm, 2 * nm, 1 * nm)
    errors, places, slopes = zip(*(travelling(steepness, one) for one in steps), strict=True)
    order = Order(observed_order(steps, errors), 1.8)
    verify(
        id="D16",
        quantity="largest error of x in a travelling front",
        measured=errors[-1],
        expected=0.0,
        tolerance=1e-3,
        order=order,
    )
    verify(
        id="D16",
        quantity="slope of a travelling front over theory",
        measured=1 + slopes[-1],
        expected=1.0,
        tolerance=5e-3,
    )
    moved = 1 + places[-1] / (150 * nm)
    verify(id="D16", quantity="way of a travelling front over theory", measured=moved, expected=1.0, tolerance=5e-3)


def test_a_front_that_cells_do_not_resolve_stays_monotone_and_in_its_place() -> None:
    error, place, _ = travelling(4e8, 5 * nm)
    assert error < 0.06 and abs(place) < 1 * nm


def test_a_steady_flux_leaves_an_anode_layer(verify: Verification) -> None:
    """The anode takes halides as they come, the cathode gives them in a ratio; inside, the slow one is in excess."""
    length, few, ratio, given = 100 * nm, 1e-4, 6.9, 0.127
    mesh = column(graded(length, 0.1 * nm, largest=3 * nm))
    rate = 1e8 / (ratio / FAST)
    damped = np.exp(-0.5 * IRREVERSIBLE / VOLT)
    anode = HalideStore(rate / damped, rate / damped, 0.5, None, IRREVERSIBLE, IRREVERSIBLE)
    cathode = HalideStore(rate / damped, rate / damped, given, None, -IRREVERSIBLE, -IRREVERSIBLE)
    contacts = (Contact("bottom", 0.4, halides=anode), Contact("top", 0.0, halides=cathode))
    model = film(mesh, lattice(few, 0.5, (FAST, FAST / ratio)), contacts, neutral(few))
    end = states(model, [1e5], 1e-4)[-1]
    y, x = along(model, end.share)
    inside = given * ratio / (given * ratio + 1 - given)
    middle = float(x[np.argmin(np.abs(y - 0.6 * length))])
    verify(id="D16", quantity="composition at the anode, steady flux", measured=x[0], expected=given, tolerance=5e-3)
    verify(id="D16", quantity="composition inside, steady flux", measured=middle, expected=inside, tolerance=5e-3)


@pytest.mark.parametrize("interaction", [0.0, 1.5, 2.5], ids=["ideal", "regular", "with gradients and made sites"])
@pytest.mark.parametrize("coating", [None, Coating(2 * nm, 5.0)], ids=["bare", "coated"])
def test_jacobian(coating: Coating | None, interaction: float, verify: Verification) -> None:
    model = irregular(coating, interaction)
    system, rng, worst = model.system.driven_by(model.pieces(0.3)), np.random.default_rng(2), 0.0
    assert system.unknowns.behind is not None
    for volts in (0.1, 3.0, 40.0):
        values = np.zeros(system.unknowns.size)
        fields = system.unknowns.nodal(values)
        fields[0] = volts * rng.normal(size=fields.shape[1])
        fields[1:] = np.exp(0.5 * rng.normal(size=fields.shape[1])), rng.uniform(0.05, 0.3, fields.shape[1])
        system.unknowns.behind.stored(values)[:] = rng.uniform(-0.05, 0.1, (2, 2))
        system.unknowns.behind.gradient(values)[:] = rng.normal(size=fields.shape[1])
        worst = max(worst, deviation(system, 0.3, values, 1e-4))
        swept = (system.residual(0.3 + 1e-4, values) - system.residual(0.3 - 1e-4, values)) / 2e-4
        exact = system.time_derivative(0.3, values)
        np.testing.assert_allclose(swept, exact, rtol=0, atol=1e-6 * np.abs(exact).max())
    what = f"largest error of the Jacobian, halide lattice with stores, interaction of {interaction:g} kT"
    verify(id="D20", quantity=what, measured=worst, expected=0.0, tolerance=1e-8)


def irregular(coating: Coating | None, interaction: float) -> PoissonNernstPlanck:
    """Two grains and a boundary line, stores with and without end, every term of the lattice."""
    mesh = rectangle(np.array([0, 8, 16, 30]) * nm, np.array([0, 5, 20, 35, 40]) * nm, lines=(16 * nm,))
    grains = {"grain_0": 0.58 * eV, "grain_1": 0.56 * eV, "grain_boundary": 0.40 * eV}
    others = {"grain_0": 0.57 * eV, "grain_1": 0.59 * eV, "grain_boundary": 0.40 * eV}
    separates = interaction > 2
    sites = HalideLattice(
        0.15 * SITES,
        SITES,
        {"grain_0": 0.4, "grain_1": 0.6},
        (Halide("iodide", 1e-9, grains), Halide("bromide", 2e-10, others, {"grain_0": 0.01 * eV, "grain_1": 0.0})),
        {"grain_0": 0.0, "grain_1": 0.02 * eV, "grain_boundary": -0.06 * eV},
        interaction * KT,
        KT * nm**2 * separates,
        3.0 * separates,
    )
    contacts = (
        Contact("bottom", sine(0.3, 2.0, 0.1), halides=HalideStore(1e-9, 3e-10, 0.3, 20 * nm, 0.01, 0.05, 0.3)),
        Contact("top", ramp(0.5, 2.0), coating=coating, halides=HalideStore(1e-9, 3e-10, 0.6)),
    )
    layers = (boundary_lines(4 * nm),)
    return PoissonNernstPlanck(mesh, Material("film", 18.0), (), contacts, layers=layers, lattice=sites)


def test_stores_need_a_lattice_and_the_lattice_its_stores() -> None:
    with pytest.raises(ValueError, match="has no lattice"):
        PoissonNernstPlanck(
            even(20 * nm, 2 * nm),
            Material("film", 18.0),
            (Species("vacancy", 1, 1e24, FAST, 0.0),),
            (Contact("bottom", 0.0, halides=OPEN), Contact("top", 0.0)),
        )
    with pytest.raises(ValueError, match="HalideStore"):
        reservoir = Contact("bottom", 0.0, {"bromide": Reservoir(1e-6, 1e27)})
        film(even(20 * nm, 2 * nm), lattice(1e-4, 0.5), (reservoir, Contact("top", 0.0)))
    with pytest.raises(ValueError, match="share of the second halide"):
        HalideStore(1e-6, 1e-6, 1.5)


def test_the_example_of_the_page_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "mixed_halides.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    runpy.run_path(str(tmp_path / "example.py"))
    time, least, most = capsys.readouterr().out.splitlines()[-1].split()[:3]
    assert float(time) == 60.0 and float(least) < 0.4 and float(most) > 0.9
