"""Ions that another species slows down: their steady flux, their pace, where they rest, and what is refused."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from irregular_films import INTERSTITIAL, VACANCY, Array, film, gap, graded, rectangle, thin_column
from verification import Verification

from fem.constants import nm
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.alteration import Alteration
from fem.physics.contacts import Contact, Reservoir
from fem.physics.drives.drive import step
from fem.physics.species import Species

SITES, LENGTH = 1e24, 100 * nm
SLOWED = replace(VACANCY, charge=0, altered_by=(Alteration("degraded site", SITES, 0.1),))


def degraded(profile: Callable[[Array], Array]) -> Species:
    """Sites that are taken up to a share that depends on the height over the film's, 0 to 1."""

    def concentration(x: Array, y: Array) -> Array:
        return SITES * profile(y / LENGTH)

    return Species.immobile("degraded site", 0, concentration, SITES)


def flux_through_a_graded_film(cells: int) -> float:
    """Steady flux from a full to a poor reservoir through a film ever more degraded upwards, over the exact one."""
    y = np.linspace(0, LENGTH, cells + 1)
    mesh, rate = rectangle(np.linspace(0, 20 * nm, max(cells // 5, 1) + 1), y), 1e-9
    ends = [Contact(side, 0.0, {"vacancy": Reservoir(rate, c)}) for side, c in (("bottom", 2e24), ("top", 5e23))]
    model = film(mesh, (SLOWED, INTERSTITIAL, degraded(lambda share: share)), tuple(ends))
    diffusivity = model.transports[0].mean_diffusivity
    before, after = (output.state for output in evolve(model, np.array([0.0, 1e6, 1e6 + 1e3]), 1e-6) if output.index)
    entered = (after.exchanged - before.exchanged)[:, 0] / (after.time - before.time) / (20 * nm)
    assert entered.sum() == pytest.approx(0, abs=1e-6 * abs(entered[0]))
    resistance = 2 / rate + LENGTH * (1 / 0.1 - 1) / (diffusivity * np.log(1 / 0.1))
    return float(entered[0] * resistance / 1.5e24)


def test_the_steady_flux_through_a_graded_film_is_exact(verify: Verification) -> None:
    """``J = (c_1 - c_2) / (2 / k + integral of dy / D)`` with ``D = D0 0.1**(y / L)``."""
    errors = [abs(flux_through_a_graded_film(cells) - 1) for cells in (10, 40)]
    order = np.log2(errors[0] / errors[1]) / 2
    verify(id="D20", quantity="flux through a film with graded D: error with 40 cells", measured=errors[1],
           expected=0, tolerance=2e-3)  # fmt: skip
    verify(id="D20", quantity="flux through a film with graded D: order", measured=order, expected=2, tolerance=0.1)


def relaxing(altered_by: tuple[Alteration, ...], times: Array) -> list[Array]:
    """Both ions of a film that a step of voltage drives, at `times` [s]."""
    ions = (replace(VACANCY, altered_by=altered_by), replace(INTERSTITIAL, altered_by=altered_by))
    model = film(
        thin_column(LENGTH), (*ions, degraded(np.ones_like)), (Contact("bottom", 0.0), Contact("top", step(0.1)))
    )
    return [output.state.concentrations[:2] for output in evolve(model, times, 1e-5)]


def test_ions_degraded_alike_everywhere_are_slower_and_take_the_same_path() -> None:
    slowed, own = (
        relaxing((Alteration("degraded site", SITES, 0.1),), np.array([0.0, 1.0, 10.0])),
        relaxing((), np.array([0.0, 0.1, 1.0])),
    )
    assert gap(own[1], own[0]) > 0.01
    for one, other in zip(slowed, own, strict=True):
        assert gap(one, other) < 2e-5
    twice = relaxing(
        (Alteration("degraded site", SITES, 0.5), Alteration("degraded site", SITES, 0.2)), np.array([0.0, 1.0])
    )
    assert gap(twice[1], slowed[1]) < 2e-5  # factors multiply


def test_where_ions_rest_does_not_depend_on_how_fast_they_are() -> None:
    def rest(altered_by: tuple[Alteration, ...]) -> Array:
        ion = replace(VACANCY, altered_by=altered_by)
        contacts = (Contact("bottom", 0.0), Contact("top", step(0.1, initial=0.1)))
        model: PoissonNernstPlanck = film(thin_column(LENGTH), (ion, degraded(lambda share: share)), contacts)
        return model.initial_state().concentrations[0]

    own = rest(())
    assert np.ptp(own) > 0.1 * own.max()
    assert gap(rest((Alteration("degraded site", SITES, 1e-3),)), own) < 1e-9


def test_ions_altered_by_their_own_number_diffuse_as_exact(verify: Verification) -> None:
    """Through a film between two reservoirs, ``J (L + ...)`` is the integral of D over the concentration."""
    alone = replace(VACANCY, charge=0, altered_by=(Alteration("vacancy", 1e24, 0.5),))
    rate, first, last = 1.0, 2e24, 5e23  # fast exchange: both ends have the reservoirs' numbers
    ends = [Contact(side, 0.0, {"vacancy": Reservoir(rate, c)}) for side, c in (("bottom", first), ("top", last))]
    model = film(rectangle(np.linspace(0, 20 * nm, 4), graded(LENGTH, 2 * nm)), (alone, INTERSTITIAL), tuple(ends))
    before, after = (output.state for output in evolve(model, np.array([0.0, 1e6, 1e6 + 1e3]), 1e-6) if output.index)
    entered = (after.exchanged - before.exchanged)[0, 0] / (after.time - before.time) / (20 * nm)
    exact = model.transports[0].mean_diffusivity * 1e24 * (0.5**0.5 - 0.5**2) / np.log(2) / LENGTH
    quantity = "flux of ions whose D depends on their own number, over the exact one"
    verify(id="D20", quantity=quantity, measured=entered / exact, expected=1, tolerance=2e-3)


def test_what_alters_must_be_in_the_film_and_make_sense() -> None:
    with pytest.raises(ValueError, match="diffusivity of vacancy: altered by 'degraded site', which the film does not"):
        film(thin_column(LENGTH), (SLOWED,))
    with pytest.raises(ValueError, match="factor by which trap alters a diffusivity"):
        Alteration("trap", 1e24, 0.0)
    with pytest.raises(ValueError, match="site density of trap"):
        Alteration("trap", -1e24, 0.1)
    with pytest.raises(ValueError, match="needs the name"):
        Alteration(" ", 1e24, 0.1)
