"""Segregation: enrichment in equilibrium, its independence of barriers (detailed balance), and its space charge."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from irregular_films import VACANCY, film, graded, rectangle, with_strips
from numpy.typing import NDArray
from verification import Verification

from fem.constants import boltzmann, elementary_charge, eV, nm, thermal_voltage, vacuum_permittivity
from fem.coupled.drift_diffusion import DriftDiffusion
from fem.model import PoissonNernstPlanck
from fem.numerics.newton import implicit_euler_step
from fem.numerics.sparse_direct import best_solver
from fem.numerics.system import Statistics
from fem.physics.contacts import Contact
from fem.physics.layers import boundary_lines
from fem.physics.species import Species, Sublattice

Array = NDArray[np.float64]

KT = boltzmann * 300.0
WIDTH = 4 * nm
DILUTE = 1e11  # [1/m^3]; its Debye length is 2 cm: no space charge in a film of 200 nm


def strip_film(ion: Species, size: float = 200 * nm) -> PoissonNernstPlanck:
    """A boundary meshed as a strip of width WIDTH in the middle, between grounded electrodes left and right."""
    half = graded(size, 1 * nm, 1.3)
    x = np.unique(np.round(np.concatenate([size / 2 - WIDTH / 2 * np.linspace(-1, 1, 5), _off_the_strip(size)]), 15))
    mesh = rectangle(x, half[:: max(1, len(half) // 6)], jitter=0.1, lines=(size / 2 - WIDTH / 2, size / 2 + WIDTH / 2))
    mesh = with_strips(mesh, {"grain_boundary": lambda p: np.abs(p[0] - size / 2) < WIDTH / 2})
    return film(mesh, (ion,), (Contact("left", 0.0), Contact("right", 0.0)))


def _off_the_strip(size: float) -> Array:
    steps = np.cumsum(np.concatenate([[0.0], 0.5 * nm * 1.25 ** np.arange(40)]))
    steps = steps[steps < size / 2 - WIDTH / 2 - 1 * nm]
    side = np.append(steps, size / 2 - WIDTH / 2)
    return np.concatenate([size / 2 - WIDTH / 2 - side, size / 2 + WIDTH / 2 + side])


def line_film(ion: Species, energies: Mapping[str, float]) -> PoissonNernstPlanck:
    """A boundary as a line of width WIDTH in the middle, twice as fast as the grains or as `energies` say."""
    x = np.unique(np.concatenate([graded(100 * nm, 1 * nm, 1.3), 100 * nm + graded(100 * nm, 1 * nm, 1.3)]))
    mesh = rectangle(x, np.linspace(0, 60, 5) * nm, jitter=0.1, lines=(float(x[np.argmin(np.abs(x - 100 * nm))]),))
    ion = replace(ion, activation_energy=energies)
    return film(mesh, (ion,), (Contact("left", 0.0), Contact("right", 0.0)), layers=(boundary_lines(WIDTH),))


def attracting(energy: float, concentration: float = DILUTE, sites: Sublattice | None = None) -> Species:
    energies = {"grain_interior": 0.0, "grain_boundary": energy}
    return replace(VACANCY, concentration=concentration, segregation_energy=energies, sublattice=sites)


def local(model: PoissonNernstPlanck, values: Array) -> Array:
    """``c / s`` at the nodes: the concentration in a grain beside each node, in units of the mean."""
    return np.asarray(model.unknowns.nodal(values)[1] / model.transports[0].enrichment)


@pytest.mark.parametrize("energy", [-0.12 * eV, -0.05 * eV, 0.08 * eV])
def test_a_dilute_species_is_enriched_by_the_boltzmann_factor(energy: float, verify: Verification) -> None:
    model = strip_film(attracting(energy))
    found, volumes = model.unknowns.nodal(model.initial_values())[1], model.control_volumes
    inside = np.unique(model.mesh.t[:, model.mesh.subdomains["grain_boundary"]])
    pure = np.array([node for node in inside if _all_cells(model, int(node), "grain_boundary")])
    grain = np.setdiff1d(np.arange(volumes.n_nodes), inside)
    ratio = found[pure].mean() / found[grain].mean()
    assert np.ptp(found[grain]) < 1e-11 * found[grain].mean()
    quantity = f"enrichment of a meshed boundary, segregation energy {energy / eV:g} eV"
    verify(id="D8", quantity=quantity, measured=ratio, expected=np.exp(-energy / KT), tolerance=1e-11)


def _all_cells(model: PoissonNernstPlanck, node: int, region: str) -> bool:
    around = np.flatnonzero((model.mesh.t == node).any(axis=0))
    return bool(np.isin(around, model.mesh.subdomains[region]).all())


@pytest.mark.parametrize("energy", [-0.12 * eV, -0.05 * eV])
def test_a_thin_layer_holds_its_width_times_the_boltzmann_factor(energy: float) -> None:
    """The ions of the layer beyond what the grains hold: inserted width times enriched concentration."""
    ion = replace(
        VACANCY, concentration=DILUTE, segregation_energy={"grain_0": 0.0, "grain_1": 0.0, "grain_boundary": energy}
    )
    model = line_film(ion, {"grain_0": 0.58 * eV, "grain_1": 0.58 * eV, "grain_boundary": 0.30 * eV})
    found = model.unknowns.nodal(model.initial_values())[1]
    nodes = np.unique(model.mesh.facets[:, model.mesh.boundaries["grain_boundary_lines"]])
    beside = np.setdiff1d(np.arange(model.control_volumes.n_nodes), nodes)
    grain = found[beside].mean()
    held = model.unknowns.storage[0, nodes] @ found[nodes]
    without = model.volumes[nodes].sum() * grain
    length = float(np.ptp(model.mesh.p[1]))
    inserted = float(model.transports[0].inserted_widths[0].mean())
    assert inserted == pytest.approx(WIDTH * (1 - np.exp(-0.28 * eV / KT) * np.exp(energy / KT)), rel=1e-9, abs=0.0)
    assert (held - without) / (inserted * length * grain) == pytest.approx(np.exp(-energy / KT), rel=1e-11, abs=0.0)


@pytest.mark.parametrize("filling", [0.02, 0.4])
def test_site_exclusion_limits_the_enrichment_to_fermi_statistics(filling: float) -> None:
    """``c / (N - c)`` is enriched by the Boltzmann factor where the boundary has the same sites (McLean's isotherm)."""
    energy, sites = -0.1 * eV, Sublattice("sites", DILUTE / filling)
    model = strip_film(attracting(energy, sites=sites))
    occupation = model.unknowns.nodal(model.initial_values())[1] * model.unknowns.unit[0] / sites.site_density
    inside = np.unique(model.mesh.t[:, model.mesh.subdomains["grain_boundary"]])
    pure = [int(node) for node in inside if _all_cells(model, int(node), "grain_boundary")]
    grain = np.setdiff1d(np.arange(len(occupation)), inside)
    odds = occupation / (1 - occupation)
    assert odds[pure].mean() / odds[grain].mean() == pytest.approx(np.exp(-energy / KT), rel=1e-11, abs=0.0)


def charged(barrier: float) -> PoissonNernstPlanck:
    """Strong screening: 1e24 ions per m^3 and an attraction of 0.1 eV."""
    ion = attracting(-0.1 * eV, 1e24)
    return strip_film(replace(ion, activation_energy={"grain_interior": 0.58 * eV, "grain_boundary": barrier}), 80 * nm)


@pytest.mark.parametrize("barrier", [0.30 * eV, 0.45 * eV, 0.95 * eV])
def test_equilibrium_does_not_depend_on_the_barriers(barrier: float) -> None:
    """Detailed balance: the rest state under one set of barriers is that under any other, and stays, flux by flux."""
    rest, other = charged(0.58 * eV).initial_values(), charged(barrier)
    np.testing.assert_allclose(other.initial_values(), rest, rtol=1e-12, atol=1e-12)
    system = other.system.driven_by(other.pieces(0.0))
    edge = DriftDiffusion(system.volumes, system.unknowns, 0).edge_flux(other.unknowns.nodal(rest))
    one_way = np.abs(edge.by_first * other.unknowns.nodal(rest)[1, other.control_volumes.nodes[0]])
    assert (np.abs(edge.flux) <= 1e-12 * one_way).all()
    for size in (1e-3, 1.0, 1e3):
        later = implicit_euler_step(system, best_solver(), 0.0, rest, size, Statistics())
        np.testing.assert_allclose(later, rest, rtol=1e-9, atol=1e-9)


def test_exact_boltzmann_states_carry_no_flux_for_any_barrier() -> None:
    """Any potential at all: with c = s exp(-z phi) the two opposing parts of every edge flux cancel to round-off."""
    rng = np.random.default_rng(2)
    for barrier in (0.30 * eV, 0.58 * eV, 0.80 * eV):
        model = charged(barrier)
        fields = np.array(
            [8.0 * rng.normal(size=model.control_volumes.n_nodes), np.ones(model.control_volumes.n_nodes)]
        )
        fields[1] = model.transports[0].enrichment * np.exp(-fields[0])
        edge = DriftDiffusion(model.control_volumes, model.unknowns, 0).edge_flux(fields)
        one_way = np.abs(edge.by_first * fields[1, model.control_volumes.nodes[0]])
        theta = np.abs(np.diff(fields[0][model.control_volumes.nodes], axis=0)[0])
        assert (np.abs(edge.flux) <= 1e-14 * (1 + theta) * one_way).all()


def test_segregation_charges_the_boundary_and_depletes_beside_it() -> None:
    """Attracted cations leave the grains beside: positive core, depleted flanks, and the potential that balances."""
    model = charged(0.58 * eV)
    values = model.initial_values()
    phi, c = model.unknowns.nodal(values) * np.array([[thermal_voltage(300.0)], [1e24]])
    x = model.mesh.p[0]
    core = np.abs(x - 40 * nm) < 0.4 * WIDTH
    flank = (np.abs(x - 40 * nm) > 0.8 * WIDTH) & (np.abs(x - 40 * nm) < 1.2 * WIDTH)
    far = np.abs(x - 40 * nm) > 34 * nm
    assert c[core].min() > 1.5e24 > 1e24 > 1.05 * c[flank].max()
    assert c[far].mean() == pytest.approx(1e24, rel=0.02, abs=0.0)
    assert phi[core].min() > phi[flank].max() > 0.1 * thermal_voltage(300.0)
    # mu = ln(c / s) + phi is the same everywhere: what the potential takes is what the concentration lacks
    mu = np.log(local(model, values)) + phi / thermal_voltage(300.0)
    assert np.ptp(mu) < 1e-12


def test_space_charge_decays_over_the_debye_length() -> None:
    """Far from a weakly attracting boundary the potential falls as exp(-x / lambda) of one mobile species."""
    model = strip_film(attracting(-0.01 * eV, 1e24), 80 * nm)
    permittivity = 24.1 * vacuum_permittivity
    debye = np.sqrt(permittivity * thermal_voltage(300.0) / (elementary_charge * 1e24))
    state, x = model.initial_state(), model.mesh.p[0] - 40 * nm
    places = (x > WIDTH) & (x < WIDTH + 2 * debye)
    slope = np.polyfit(x[places], np.log(state.potential[places]), 1)[0]
    assert -1 / slope == pytest.approx(debye, rel=0.05, abs=0.0)
