"""Films under drives that repeat themselves: the laws they obey, and cycles that are jumped over."""

from collections.abc import Sequence
from dataclasses import replace
from math import atan2, ceil, cos, hypot, inf, pi, sin, tanh

import numpy as np
import pytest
from films_with_halides import column, film, halides, lattice
from verification import Verification

from fem.constants import boltzmann, elementary_charge, nm, s, um, vacuum_permittivity
from fem.cycles.jumping import CycleJumping, follow
from fem.cycles.one_cycle import PeriodicFilm
from fem.evolve import Output, evolve
from fem.fields import Array
from fem.model import PoissonNernstPlanck
from fem.numerics.system import Statistics
from fem.physics.contacts import Coating, Contact
from fem.physics.drives.drive import Drive, Piece, sine, square
from fem.physics.drives.protocol import hold, protocol
from fem.physics.halides.halide_stores import HalideStore
from fem.physics.heat.lumped_heat import LumpedHeat
from fem.physics.materials import Material
from fem.physics.species import Species

LENGTH, OXIDE = 2 * um, 20 * nm
DIFFUSIVITY, IONS, TEMPERATURE = 1e-12, 1e24, 300.0  # [m^2/s], [1/m^3], [K]
VOLT = boltzmann * TEMPERATURE / elementary_charge
FILM_PERMITTIVITY, OXIDE_PERMITTIVITY = 0.5, 4.0  # so little polarisation that ions carry all current
SMALL = 0.2 * VOLT


def graded(length: float, first: float, widest: float) -> Array:
    """Heights of nodes [m] between two electrodes, closest at both."""
    steps, step = [0.0], first
    while steps[-1] < length / 2:
        steps.append(steps[-1] + step)
        step = min(1.5 * step, widest)
    half = np.array(steps) * (length / 2 / steps[-1])
    return np.concatenate([half, (length - half[::-1])[1:]])


def coated(drive: Drive) -> PoissonNernstPlanck:
    """Ions between two oxides whose capacitance is far below that of the double layers: a resistor and a capacitor."""
    mesh = column(graded(LENGTH, 0.3 * nm, 100 * nm), 50 * nm)
    oxide = Coating(OXIDE, OXIDE_PERMITTIVITY)
    ions = [
        Species("ion", +1, IONS, DIFFUSIVITY, 0.0),
        Species("counter-ion", -1, IONS, DIFFUSIVITY, 0.0),
    ]
    contacts = [Contact("bottom", 0.0, coating=oxide), Contact("top", drive, coating=oxide)]
    return PoissonNernstPlanck(mesh, Material("film", FILM_PERMITTIVITY), ions, contacts, TEMPERATURE)


def relaxation() -> tuple[float, float, float]:
    """Capacitance that answers at once, and that which follows with one time [F/m^2, F/m^2, s].

    The electrodes' capacitance is in a row with the resistance of the film, beside which lies the film's own.
    """
    debye = (FILM_PERMITTIVITY * vacuum_permittivity * VOLT / (2 * elementary_charge * IONS)) ** 0.5
    oxide, layer = OXIDE_PERMITTIVITY * vacuum_permittivity / OXIDE, FILM_PERMITTIVITY * vacuum_permittivity / debye
    electrodes, bulk = 0.5 / (1 / oxide + 1 / layer), FILM_PERMITTIVITY * vacuum_permittivity / LENGTH
    conductivity = 2 * elementary_charge * IONS * DIFFUSIVITY / VOLT
    instant = electrodes * bulk / (electrodes + bulk)
    return instant, electrodes - instant, (electrodes + bulk) * LENGTH / conductivity


def charge(state_charge: Array) -> float:
    """Charge of the top electrode [C/m^2] of a film 50 nm wide."""
    return float(state_charge[1]) / (50 * nm)


def last(model: PoissonNernstPlanck, period: float) -> Output:
    """The film behind 16 relaxation times, and one cycle more, which must not differ by more than 1e-6."""
    cycles = max(2, ceil(16 * relaxation()[2] / period))
    times = np.array([*range(0, cycles, 5), cycles, cycles + 1]) * period  # so close that nothing is jumped
    *_, before, after = follow(model, times, CycleJumping(period, 1e-4), 1e-4)
    change = abs(charge(after.state.contact_charge) - charge(before.state.contact_charge))
    assert change <= 1e-6 * abs(charge(after.state.contact_charge))
    return after


@pytest.mark.parametrize("share", [0.2, 1.0, 4.0])
def test_a_square_wave_charges_a_film_to_a_hyperbolic_tangent(share: float, verify: Verification) -> None:
    instant, slow, time = relaxation()
    period = share * time
    drive = protocol([hold(SMALL, period / 2), hold(-SMALL, period / 2)])
    found = charge(last(coated(drive), period).state.contact_charge)
    verify(id="D19", quantity=f"charge at the end of half a square wave of {share:g} relaxation times, over theory",
           measured=(-found / SMALL - instant) / slow, expected=tanh(period / (4 * time)), tolerance=0.01)  # fmt: skip


def shifted_sine(omega: float, phase: float) -> Drive:
    """A small sine that is `phase` ahead at the end of its cycle."""
    wave = Piece(-inf, lambda t: SMALL * sin(omega * t + phase), lambda t: SMALL * omega * cos(omega * t + phase))
    return Drive(lambda _: wave, lambda after: inf, (-SMALL, SMALL), "small sine")


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.3, 1.0, 3.0])
def test_a_sine_charges_a_film_as_one_relaxation_does(share: float, verify: Verification) -> None:
    instant, slow, time = relaxation()
    omega = share / time
    parts = [
        charge(last(coated(shifted_sine(omega, phase)), 2 * pi / omega).state.contact_charge) for phase in (pi / 2, 0.0)
    ]
    real, imaginary = (np.array(parts) / SMALL - [instant, 0.0]) / slow
    verify(id="D19", quantity=f"amplitude at w tau = {share:g}, over that at rest",
           measured=hypot(real, imaginary), expected=(1 + share**2) ** -0.5, tolerance=0.01)  # fmt: skip
    verify(id="D19", quantity=f"phase at w tau = {share:g}", measured=atan2(imaginary, real),
           expected=-np.arctan(share), tolerance=0.01)  # fmt: skip


@pytest.mark.parametrize("wave", ["sine", "square"])
def test_ions_that_nothing_screens_swing_as_the_field_drives_them(wave: str, verify: Verification) -> None:
    length, period, field = 1 * um, 1e-3 * s, 1e6
    mobility = 2e-14 / VOLT
    ions = Species("ion", +1, lambda x, y: 1e14 * np.exp(-((y - length / 2) ** 2) / (2 * (60 * nm) ** 2)), 2e-14, 0.0)
    drive = protocol([hold(field * length, period / 2), hold(-field * length, period / 2)])
    if wave == "sine":
        drive = sine(field * length, 1 / period)
    model = PoissonNernstPlanck(column(np.linspace(0, length, 201), 50 * nm), Material("film", 10.0), [ions],
                                [Contact("bottom", 0.0), Contact("top", drive)], TEMPERATURE)  # fmt: skip
    start, turned, end = (
        centre(model, one.state.concentrations[0]) for one in evolve(model, period * np.array([0, 0.5, 1]), 1e-4)
    )
    expected = mobility * field * (period / pi if wave == "sine" else period / 2)
    verify(id="D19", quantity=f"swing of unscreened ions from crest to crest, {wave}, over theory",
           measured=abs(turned - start) / expected, expected=1.0, tolerance=0.01)  # fmt: skip
    assert abs(end - start) < 0.01 * expected


def centre(model: PoissonNernstPlanck, density: Array) -> float:
    """Mean height of the ions [m]."""
    return float(np.average(model.mesh.p[1], weights=model.unknowns.storage[0] * density))


# --- jumping ----------------------------------------------------------------------------------------------------------


def alternating(period: float, store: float | None = None) -> PoissonNernstPlanck:
    """A column with a step of composition under a square wave, with stores of a thickness [m] or blocked halides."""
    behind = None if store is None else HalideStore(1e-3, 1e-3, 0.5, store)
    drive = protocol([hold(5.0, period / 2), hold(-5.0 if store else 0.0, period / 2)])
    sites = lattice(1e-4, lambda x, y: np.where(y < 100 * nm, 0.3, 0.7), (5.8e-14, 8.4e-15))
    contacts = (Contact("bottom", 0.0, halides=behind), Contact("top", drive, halides=behind))
    return film(column(graded(200 * nm, 2 * nm, 16 * nm), 20 * nm), sites, contacts)


def run(model: PoissonNernstPlanck, numbers: Sequence[int], jumping: CycleJumping) -> list[Output]:
    return list(follow(model, np.array([0, *numbers]) * jumping.period, jumping))


def test_an_output_must_end_a_cycle() -> None:
    jumping = CycleJumping(0.02)
    assert jumping.numbers(np.array([0.0, 0.02, 43200.0])) == [0, 1, 2_160_000]
    with pytest.raises(ValueError, match=r"lie at the ends of cycles: 0.03 s is cycle 1.5 of 0.02 s"):
        jumping.numbers(np.array([0.0, 0.03]))
    with pytest.raises(ValueError, match="at least one cycle apart"):
        jumping.numbers(np.array([0.0, 0.02, 0.02]))
    with pytest.raises(ValueError, match="between 0 and 1"):
        CycleJumping(0.02, 2.0)
    with pytest.raises(ValueError, match="period of cycles"):
        CycleJumping(0.0)


def test_jumps_keep_halides_and_sites_and_stay_inside_the_bounds(verify: Verification) -> None:
    model = alternating(0.02, 200 * nm)
    *_, end = run(model, [60], CycleJumping(0.02))
    drift = np.abs(halides(model, end.state) / halides(model, model.initial_state()) - 1).max()
    verify(id="D19", quantity="drift of the halides over jumps, film and stores", measured=drift, expected=0.0,
           tolerance=1e-10)  # fmt: skip
    assert end.state.share.min() > 0 and end.state.share.max() < 1 and end.state.concentrations.min() > 0
    assert sum(end.statistics.cycles_jumped) + end.statistics.cycles_simulated >= 60
    assert len(end.statistics.cycles_jumped) >= 2


def test_a_run_goes_on_from_a_restart_to_the_same_numbers() -> None:
    model, jumping = alternating(0.02, 200 * nm), CycleJumping(0.02)
    whole = run(model, [3, 13], jumping)
    times = np.array([0, 3, 13]) * 0.02
    (rest,) = follow(model, times, jumping, restart=whole[1].restart)
    np.testing.assert_array_equal(rest.state.share, whole[2].state.share)
    assert rest.index == 2 and rest.state.time == pytest.approx(0.26, rel=1e-15, abs=0.0)


def test_a_cycle_is_that_of_the_film_over_time() -> None:
    model = alternating(0.02, 200 * nm)
    jumped = run(model, [2], CycleJumping(0.02))[-1].state
    twice = protocol([hold(5.0, 0.01), hold(-5.0, 0.01)] * 2)
    contacts = [model.contacts[0], replace(model.contacts[1], potential=twice)]
    *_, straight = evolve(replace(model, contacts=contacts), np.array([0.0, 0.04]))
    np.testing.assert_allclose(jumped.share, straight.state.share, rtol=0, atol=1e-5)
    np.testing.assert_allclose(jumped.contact_potential, straight.state.contact_potential)


@pytest.mark.parametrize("drive", [square(5.0, -5.0, 0.04), sine(5.0, 35.0)], ids=["square", "sine"])
def test_a_period_that_is_not_the_drives_is_refused(drive: Drive) -> None:
    model = alternating(0.02)
    contacts = [model.contacts[0], replace(model.contacts[1], potential=drive)]
    with pytest.raises(ValueError, match=r"does not repeat itself after 0\.02 s"):
        next(follow(replace(model, contacts=contacts), np.array([0.0, 0.02]), CycleJumping(0.02)))


def test_films_that_heat_themselves_are_refused() -> None:
    heated = replace(alternating(0.02), heat=LumpedHeat(1e3, 1.0))
    with pytest.raises(ValueError, match="heats itself cannot be jumped"):
        next(follow(heated, np.array([0.0, 0.02]), CycleJumping(0.02)))


@pytest.mark.slow
@pytest.mark.parametrize(("period", "store"), [(1.0, None), (0.02, 200 * nm)])
def test_a_thousand_cycles_jumped_are_a_thousand_simulated(
    period: float, store: float | None, verify: Verification
) -> None:
    model, jumping = alternating(period, store), CycleJumping(period)
    jumped = run(model, [1000], jumping)[-1]
    straight = PeriodicFilm(model, period, 1e-2, Statistics())
    values, opening = model.initial_values(), 0.0
    for k in range(1000):
        cycle = straight.cycle(values, opening, state=k == 999)
        values, opening = cycle.after, cycle.opening
    assert cycle.state is not None
    name = "blocked halides" if store is None else "stores"
    error = float(np.abs(jumped.state.share - cycle.state.share).max())
    verify(id="D19", quantity=f"error of x behind 1000 cycles, {name}, over the jumps' own estimate",
           measured=error / (0.1 * jumped.statistics.jump_error), expected=0.0, tolerance=1.0)  # fmt: skip
    verify(id="D19", quantity=f"error of x behind 1000 cycles, {name}", measured=error, expected=0.0,
           tolerance=1e-3)  # fmt: skip
    assert jumped.statistics.cycles_simulated < 100
