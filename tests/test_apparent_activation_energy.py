"""Apparent activation energy: what a temperature series of a polycrystal gives, and which barrier it shows when."""

from dataclasses import replace

import numpy as np
import pytest
from irregular_films import VACANCY, rectangle, with_strips
from numpy.typing import NDArray
from skfem import MeshTri
from verification import Verification

from fem.constants import boltzmann, eV, nm, um
from fem.measurements.activation_energy import (
    DEFAULT_TEMPERATURES,
    ApparentActivationEnergy,
    apparent_activation_energy,
    arrhenius_fit,
    crossover_temperature,
)
from fem.measurements.effective_diffusivity import effective_diffusivity
from fem.measurements.rim import Axis
from fem.physics.layers import ThinLayer, boundary_lines
from fem.physics.species import Species
from meshes import Lines, MeshSizes, triangulate, voronoi
from meshes.two_sided import two_sided

Array = NDArray[np.float64]

GRAIN = 0.58 * eV
MEV = 1e-3 * eV
WIDTH = 4 * nm
SHARE = 0.04  # of boundaries in the slabs below


def vacancy(boundary: float, prefactor: float = 6.5e-8, segregation: float = 0.0) -> Species:
    return replace(
        VACANCY,
        activation_energy={"grain_interior": GRAIN, "grain_boundary": boundary},
        diffusivity_prefactor={"grain_interior": 6.5e-8, "grain_boundary": prefactor},
        segregation_energy={"grain_interior": 0.0, "grain_boundary": segregation},
    )


def slab(strips: bool, split: bool = False) -> tuple[MeshTri, tuple[ThinLayer, ...]]:
    """One vertical boundary of 4 nm in a film of 100 nm x 40 nm, a strip or a line."""
    edges = (48 * nm, 52 * nm) if strips else (50 * nm,)
    x = np.concatenate([np.linspace(0, edges[0], 7), np.linspace(edges[-1], 100 * nm, 7)])
    mesh = rectangle(np.unique(x), np.linspace(0, 40, 6) * nm, lines=edges)
    if strips:
        return with_strips(mesh, {"grain_boundary": lambda p: np.abs(p[0] - 50 * nm) < 2 * nm}), ()
    mesh = mesh.with_subdomains({"grain_interior": lambda p: p[0] > -1.0})
    if split:
        mesh = two_sided(mesh, (mesh.p[0, mesh.t].mean(axis=0) > 50 * nm).astype(np.int64))
    return mesh, (boundary_lines(WIDTH),)


def weights_of_theory(boundary: float, parallel: bool, temperature: float, prefactor: float = 6.5e-8) -> float:
    """Weight of the boundaries, ``f D_b / sum f D`` in parallel and ``(f / D_b) / sum f / D`` in series."""
    kt = boltzmann * temperature
    grain, own = 6.5e-8 * np.exp(-GRAIN / kt), prefactor * np.exp(-boundary / kt)
    parts = (SHARE * own, (1 - SHARE) * grain) if parallel else (SHARE / own, (1 - SHARE) / grain)
    return float(parts[0] / sum(parts))


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strips", "axis", "boundary"),
    [
        (True, "y", 0.50),
        (True, "y", 0.30),
        (False, "y", 0.50),
        (False, "y", 0.30),
        (True, "x", 0.66),
        (True, "x", 0.90),
        (False, "x", 0.66),
    ],
)
def test_parallel_and_series_films_show_their_weighted_barriers(
    strips: bool, axis: Axis, boundary: float, verify: Verification
) -> None:
    mesh, layers = slab(strips, split=not strips and axis == "x")
    found = apparent_activation_energy(mesh, vacancy(boundary * eV), layers, axis=axis)
    middle = found.middle_temperature
    assert middle == pytest.approx(307.7, abs=0.5)
    weight = weights_of_theory(boundary * eV, axis == "y", middle)
    expected = (1 - weight) * GRAIN + weight * boundary * eV
    assert found.boundary_weight == pytest.approx(weight, rel=1e-9, abs=0.0)
    assert found.local_energy == pytest.approx(expected, abs=0.01 * MEV)
    assert abs(found.fit.activation_energy - expected) < 5 * MEV
    assert min(GRAIN, boundary * eV) < found.fit.activation_energy < max(GRAIN, boundary * eV)
    kind = f"{'parallel' if axis == 'y' else 'series'} {'strips' if strips else 'lines'}"
    what = f"E_app [eV] fitted over 270-350 K, {kind}, 0.58 eV and {boundary:g} eV (within 5 meV)"
    fitted, weighted = found.fit.activation_energy / eV, expected / eV
    verify(id="D8", quantity=what, measured=fitted, expected=weighted, tolerance=5e-3 / weighted)


def test_segregation_shifts_what_the_boundaries_show() -> None:
    """Parallel strip, G = sum f s D over <s> = sum f s: E_app is the mean of E_a + E_seg less the ions' mean E_seg."""
    mesh, _ = slab(strips=True)
    segregation = -0.08 * eV
    found = apparent_activation_energy(mesh, vacancy(0.50 * eV, segregation=segregation), axis="y")
    s = np.exp(-segregation / (boltzmann * found.middle_temperature))
    weight = weights_of_theory(0.50 * eV + segregation, True, found.middle_temperature)
    held = SHARE * s / (SHARE * s + 1 - SHARE)
    expected = (1 - weight) * GRAIN + weight * (0.50 * eV + segregation) - held * segregation
    assert found.local_energy == pytest.approx(expected, abs=0.01 * MEV)
    assert found.boundary_weight == pytest.approx(weight, rel=1e-9, abs=0.0)


# --- polycrystals -----------------------------------------------------------------------------------------------------


def polycrystal(boundary: float) -> ApparentActivationEnergy:
    film = voronoi(1.0 * um, 1.0 * um, grains=16, seed=4)
    lines = Lines(two_sided=boundary > GRAIN)
    mesh = triangulate(film, MeshSizes(40 * nm, 40 * nm, 80 * nm), boundaries=lines)
    return apparent_activation_energy(mesh, vacancy(boundary), (boundary_lines(WIDTH),))


@pytest.mark.parametrize("boundary", [0.30, 0.45, 0.55, 0.66])
def test_a_polycrystal_lies_between_its_barriers(boundary: float, verify: Verification) -> None:
    found = polycrystal(boundary * eV)
    energy = found.fit.activation_energy
    assert min(GRAIN, boundary * eV) < energy < max(GRAIN, boundary * eV)
    expected = (1 - found.boundary_weight) * GRAIN + found.boundary_weight * boundary * eV
    assert found.local_energy == pytest.approx(expected, abs=0.2 * MEV)
    what = f"E_app [eV] of 16 Voronoi grains, 0.58 eV and {boundary:g} eV (within 5 meV of the work-weighted barriers)"
    tolerance = 5e-3 / (expected / eV)
    verify(id="D8", quantity=what, measured=energy / eV, expected=expected / eV, tolerance=tolerance)
    assert found.fit.standard_error < 3 * MEV


def test_the_boundaries_show_at_low_temperature_and_in_small_grains() -> None:
    """A film twice as large, with boundaries of the same width, shows less of them; a colder one more."""
    film = voronoi(0.5 * um, 0.5 * um, grains=9, seed=4)
    mesh = triangulate(film, MeshSizes(30 * nm, 30 * nm, 60 * nm))
    ion, layers = vacancy(0.45 * eV), (boundary_lines(WIDTH),)

    def weight(size: float, temperatures: tuple[float, ...]) -> float:
        return apparent_activation_energy(mesh.scaled(size), ion, layers, temperatures).boundary_weight

    room, cold = (290.0, 300.0, 310.0), (240.0, 250.0, 260.0)
    weights = [weight(size, room) for size in (1.0, 2.0, 4.0, 8.0)]
    assert (np.diff(weights) < -0.05).all()
    assert weight(4.0, cold) > weight(4.0, room) + 0.1


# --- crossover --------------------------------------------------------------------------------------------------------


def test_boundaries_take_over_at_the_crossover_temperature(verify: Verification) -> None:
    mesh, _ = slab(strips=True)
    energies, prefactors = (GRAIN, 0.50 * eV), (6.5e-8, 6.5e-8)
    crossover = crossover_temperature(energies, prefactors, SHARE)
    share = effective_diffusivity(mesh, vacancy(0.50 * eV), crossover).boundary_share
    assert share is not None
    verify(id="D8", quantity=f"share of parallel boundaries at the crossover temperature of {crossover:.1f} K",
           measured=share[1], expected=0.5, tolerance=1e-9)  # fmt: skip
    colder = effective_diffusivity(mesh, vacancy(0.50 * eV), crossover - 20).boundary_share
    assert colder is not None and colder[1] > 0.55


def test_paths_without_a_crossover_have_it_at_infinity() -> None:
    assert crossover_temperature((0.5 * eV, 0.6 * eV), (1e-8, 1e-8), 0.1) == np.inf  # grains always lead
    assert crossover_temperature((0.6 * eV, 0.5 * eV), (1e-8, 1e-6), 0.1) == np.inf  # boundaries always lead
    assert crossover_temperature((0.5 * eV, 0.6 * eV), (1e-8, 1e-6), 0.1) < 1e3  # boundaries lead when hot
    for energies, prefactors, fraction, what in (
        ((1.0, 1.0), (0.0, 1.0), 0.1, "prefactor of the grains"),
        ((1.0, 1.0), (1.0, 1.0), 1.0, "share of the cross-section"),
    ):
        with pytest.raises(ValueError, match=what):
            crossover_temperature(energies, prefactors, fraction)


# --- the fit ----------------------------------------------------------------------------------------------------------


def test_the_fit_recovers_arrhenius_and_states_its_error() -> None:
    kelvin = np.array(DEFAULT_TEMPERATURES)
    exact = 3e-7 * np.exp(-0.4 * eV / (boltzmann * kelvin))
    fit = arrhenius_fit(kelvin, exact)
    assert fit.activation_energy == pytest.approx(0.4 * eV, rel=1e-12, abs=0.0)
    assert fit.prefactor == pytest.approx(3e-7, rel=1e-10, abs=0.0)
    assert fit.standard_error < 1e-10 * eV
    noise = 0.02 * np.random.default_rng(5).standard_normal((400, len(kelvin)))
    energies = np.array([arrhenius_fit(kelvin, exact * np.exp(one)).activation_energy for one in noise])
    errors = np.array([arrhenius_fit(kelvin, exact * np.exp(one)).standard_error for one in noise])
    assert np.sqrt((errors**2).mean()) == pytest.approx(energies.std(), rel=0.1, abs=0.0)


def test_conductivity_times_temperature_has_the_energy_of_diffusivity_and_conductivity_less() -> None:
    kelvin = np.array(DEFAULT_TEMPERATURES)
    diffusivity = 3e-7 * np.exp(-0.4 * eV / (boltzmann * kelvin))
    conductivity = 2.0 * diffusivity / kelvin
    assert arrhenius_fit(kelvin, conductivity * kelvin).activation_energy == pytest.approx(0.4 * eV, rel=1e-12, abs=0.0)
    lower = arrhenius_fit(kelvin, conductivity).activation_energy
    assert 0.4 * eV - lower == pytest.approx(boltzmann * 307.7, rel=0.01, abs=0.0)


def test_series_that_cannot_be_fitted_are_refused() -> None:
    mesh, _ = slab(strips=True)
    for temperatures, what in (
        ((300.0, 310.0), "three temperatures"),
        ((300.0, 300.0, 310.0), "three temperatures"),
        ((), "three temperatures"),
        ((-10.0, 300.0, 310.0), "temperature must be greater than zero, got -10 K"),
        ((float("nan"), 300.0, 310.0), "temperature must be a finite number"),
    ):
        with pytest.raises(ValueError, match=what):
            apparent_activation_energy(mesh, vacancy(0.5 * eV), temperatures=temperatures)
    with pytest.raises(ValueError, match="axis must be one of x, y, got 'z'"):
        apparent_activation_energy(mesh, vacancy(0.5 * eV), axis="z")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fitted value must be greater than zero"):
        arrhenius_fit([280.0, 290.0, 300.0], [1.0, 0.0, 2.0])
