"""Numbers and maps derived from states: against closed forms on meshes of uneven cells."""

from dataclasses import replace

import numpy as np
import pytest
from films_for_results import HEIGHT, WIDTH, two_grain_mesh, two_grains
from skfem import MeshTri

from fem.evolve import evolve
from fem.fields import Array
from fem.observables import fronts, light_observables
from fem.observables import observables as ob
from fem.observables.emission import emission, quench, relative_luminescence
from fem.observables.maps import electric_field, fixed_maps, grain_ids
from fem.observables.profiles import Axis, CrossLines, Side, zone_depth
from fem.physics.light.luminescence import photoluminescence
from fem.scenario import Scenario
from fem.state import State


def start_of(scenario: Scenario) -> State:
    return scenario.model.initial_state()


def with_vacancies(scenario: Scenario, share: Array) -> State:
    """The film at rest, but with `share` of its vacancies left at each node."""
    state = start_of(scenario)
    return replace(state, concentrations=state.concentrations * share)


def test_ions_that_appear_from_nowhere_are_drift_and_ions_that_came_through_a_contact_are_not() -> None:
    scenario = two_grains()
    richer = with_vacancies(scenario, np.full(scenario.model.mesh.p.shape[1], 1.25))
    drift = ob.ion_drift("iodide vacancy")
    assert drift.measure(scenario, start_of(scenario)) == 0
    assert drift.measure(scenario, richer) == pytest.approx(0.25)
    gained = 0.25 * scenario.model.total_ions(start_of(scenario))
    through_contacts = replace(richer, exchanged=np.array([0.5 * gained, 0.5 * gained]))
    assert drift.measure(scenario, through_contacts) == pytest.approx(0, abs=1e-14)


def test_number_of_ions_is_density_times_area() -> None:
    scenario = two_grains()
    assert ob.total_ions("iodide vacancy").measure(scenario, start_of(scenario)) == pytest.approx(1e22 * WIDTH * HEIGHT)


def test_charge_and_current_are_per_electrode_area() -> None:
    scenario = two_grains()
    state = replace(
        start_of(scenario),
        contact_charge=np.array([3e-9, -3e-9]),
        contact_current=np.array([2e-9, -2e-9]),
        contact_current_error=np.array([1e-12, 4e-12]),
    )
    assert ob.electrode_length(scenario, "right") == pytest.approx(HEIGHT)
    assert ob.contact_charge("left").measure(scenario, state) == pytest.approx(3e-9 / HEIGHT)
    assert ob.contact_current("right").measure(scenario, state) == pytest.approx(-2e-9 / HEIGHT)
    assert ob.contact_current_error("right").measure(scenario, state) == pytest.approx(4e-12 / HEIGHT)


def test_film_and_electrodes_are_neutral_together_and_a_missing_charge_shows() -> None:
    scenario = two_grains()
    state = list(evolve(scenario.model, scenario.times))[3].state
    balance = ob.charge_balance()
    assert abs(balance.measure(scenario, state)) < 1e-9
    spoiled = replace(state, contact_charge=state.contact_charge * [1.01, 1.0])
    assert balance.measure(scenario, spoiled) == pytest.approx(0.01 / 1.01, rel=1e-6, abs=0.0)


def test_charge_balance_without_charged_electrodes_is_judged_against_the_ions() -> None:
    scenario = two_grains()
    state = start_of(scenario)
    charged = replace(state, concentrations=state.concentrations * (1 + 1e-6), contact_charge=np.zeros(2))
    assert ob.relative_charge(scenario, charged) == pytest.approx(1.0, rel=1e-6, abs=0.0)


def test_charge_that_is_round_off_has_not_moved() -> None:
    scenario = two_grains()
    least = ob.least_charge(scenario) / HEIGHT
    assert least == pytest.approx(1e-6 * 1.602176634e-19 * 1e22 * WIDTH)

    def moved(largest: float) -> dict[str, Array]:
        trace = np.array([1.0, 1.0 + 0.5 * largest, 1.0 + largest])
        columns = {"charge left [C/m^2]": trace, "charge right [C/m^2]": -trace}
        return ob.charge_moved(scenario, columns)

    assert not any(values.any() for values in moved(0.9 * least).values())
    np.testing.assert_allclose(moved(2 * least)["right"], [0, -least, -2 * least])


def test_minimum_concentration_is_relative_to_the_mean_over_the_area() -> None:
    scenario = two_grains()
    x = scenario.model.mesh.p[0]
    state = with_vacancies(scenario, 0.5 + x / WIDTH)  # the mean of a linear profile is its middle, on any mesh
    assert ob.minimum_concentration("iodide vacancy").measure(scenario, state) == pytest.approx(0.5)


def test_light_is_unchanged_at_rest_and_lost_where_vacancies_left() -> None:
    scenario = two_grains()
    right = scenario.model.mesh.p[0] > WIDTH / 2
    state = with_vacancies(scenario, np.where(right, 0.2, 1.0))
    np.testing.assert_array_equal(relative_luminescence(scenario, start_of(scenario)), 1.0)
    np.testing.assert_array_equal(quench(scenario, state)[~right], 0.0)
    assert (quench(scenario, state)[right] > 0.5).all()
    assert light_observables.minimum_luminescence().measure(scenario, state) < 0.5
    assert light_observables.maximum_luminescence().measure(scenario, state) == 1
    mean = light_observables.mean_luminescence().measure(scenario, state)
    darkness = light_observables.mean_quench().measure(scenario, state)
    assert mean + darkness == pytest.approx(1)  # PL0 is the same everywhere
    nodes_right = scenario.model.volumes[right].sum() / (WIDTH * HEIGHT)
    assert darkness == pytest.approx(nodes_right * quench(scenario, state)[right].mean())


def quench_of(scenario: Scenario, share: Array) -> Array:
    """Q in closed form where `share` of the vacancies is left."""
    light, recombination = scenario.light, scenario.model.material.recombination
    assert light is not None and recombination is not None
    traps = 1e-14 * 1e22 * np.maximum(0.0, 1 - share)
    rest = photoluminescence(light, recombination, np.zeros(1))
    return 1 - photoluminescence(light, recombination, traps) / rest


@pytest.mark.parametrize("mirrored", [False, True])
def test_front_lies_where_the_averaged_quench_falls_through_the_threshold(mirrored: bool) -> None:
    scenario = two_grains(two_grain_mesh(columns=400))
    dense = np.linspace(0, WIDTH, 200001)

    def share(x: Array) -> Array:
        distance = WIDTH - x if mirrored else x
        return 1 / (1 + np.exp(-(distance - 0.6e-6) / 0.05e-6))

    exact = quench_of(scenario, share(dense))
    state = with_vacancies(scenario, share(scenario.model.mesh.p[0]))
    levels = (0.5, 0.1 * exact.max(), 0.9 * exact.max())
    front, outer, inner = (dense[np.argmin(np.abs(exact - level))] for level in levels)
    side: Side = "right" if mirrored else "left"
    other: Side = "left" if mirrored else "right"
    depth = WIDTH - front if mirrored else front
    assert fronts.front_position(side, 0.5).measure(scenario, state) == pytest.approx(depth, abs=5e-9)
    assert fronts.front_width(side, 0.5).measure(scenario, state) == pytest.approx(
        abs(outer - inner), rel=0.03, abs=0.0
    )
    assert np.isnan(fronts.front_position(other, 0.5).measure(scenario, state))  # the zone lies at one side only
    assert np.isnan(fronts.front_width(other, 0.5).measure(scenario, state))


def test_no_front_is_nan() -> None:
    scenario = two_grains()
    nodes = scenario.model.mesh.p.shape[1]
    for share in (1.0, 0.0):  # nowhere dark; dark all over
        state = with_vacancies(scenario, np.full(nodes, share))
        assert np.isnan(fronts.front_position("left", 0.5).measure(scenario, state))
    assert np.isnan(fronts.front_width("left").measure(scenario, start_of(scenario)))


def test_zone_depth_is_linear_between_points_and_ignores_the_zone_at_the_other_side() -> None:
    depth = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert zone_depth(depth, np.array([1.0, 0.8, 0.2, 0.0, 0.9]), 0.5) == pytest.approx(1.5)
    assert zone_depth(depth, np.array([0.2, 0.9, 0.7, 0.2, 0.0]), 0.45) == pytest.approx(2.5)
    assert np.isnan(zone_depth(depth, np.array([0.0, 0.0, 0.0, 0.2, 1.0]), 0.5))


def skewed_mesh() -> MeshTri:
    """Film whose inner nodes are shifted, so that no mesh line is straight."""
    mesh = two_grain_mesh(columns=30, rows=7)
    inner = mesh.interior_nodes()
    points = mesh.p.copy()
    points[:, inner] += np.random.default_rng(2).uniform(-1, 1, (2, len(inner))) * [[8e-9], [3e-8]]
    return MeshTri(points, mesh.t)


@pytest.mark.parametrize("mesh", [two_grain_mesh(columns=30, rows=8), skewed_mesh()])
@pytest.mark.parametrize("axis", ["x", "y"])
def test_averages_along_lines_are_exact_for_linear_fields(mesh: MeshTri, axis: Axis) -> None:
    lines = CrossLines.over(mesh.p, mesh.t.T, axis, count=40)
    sides = {"x": HEIGHT, "y": WIDTH}
    np.testing.assert_allclose(lines.chords.sum(axis=1), sides[axis], rtol=1e-12)  # every line from side to side
    x, y = mesh.p / [[WIDTH], [HEIGHT]]
    place = lines.positions / (WIDTH if axis == "x" else HEIGHT)
    expected = 3 + 2 * place + 0.5 * 5 if axis == "x" else 3 + 0.5 * 2 + 5 * place
    np.testing.assert_allclose(lines.average(3 + 2 * x + 5 * y), expected, rtol=1e-12)
    assert 5 < len(place) <= 40
    assert (np.diff(place) > 0).all()


def test_thin_cells_do_not_weigh_more_than_their_width() -> None:
    x = np.sort(np.concatenate([np.linspace(0, 1, 11), 0.5 + np.linspace(-0.01, 0.01, 9)]))
    mesh = MeshTri.init_tensor(np.unique(x), np.linspace(0, 1, 50))
    trough = np.where(np.abs(mesh.p[0] - 0.5) < 0.0101, 0.0, 1.0)  # dark in the thin columns, where most nodes are
    means = CrossLines.over(mesh.p, mesh.t.T, "y").average(trough)
    np.testing.assert_allclose(means, 1 - 0.02 - 0.5 * (0.1 - 0.01 + 0.1 - 0.01), rtol=1e-9)


def test_depth_integrated_light_weighs_each_place_with_its_initial_light() -> None:
    mesh = two_grain_mesh(rows=40)
    lines = CrossLines.over(mesh.p, mesh.t.T, "x")
    depth = mesh.p[1] / HEIGHT
    before, ratio = 1 + depth, np.heaviside(np.round(depth - 0.5, 12), 0.5)
    lit = (1.5 + 2) / 2 * 0.5 / 1.5  # integral of 1 + depth over the upper half, over that of the whole
    np.testing.assert_allclose(lines.average(ratio, before), lit, rtol=1e-3)
    np.testing.assert_allclose(lines.average(ratio), 0.5, rtol=1e-9)


def test_enrichment_of_a_grain_and_boundary_over_grain() -> None:
    mesh = two_grain_mesh()
    regions = {"grain_boundary": lambda p: p[0] < 0.1 * WIDTH, "grain_interior": lambda p: p[0] > 0.1 * WIDTH}
    scenario = two_grains(mesh.with_subdomains(regions))
    x = mesh.p[0]
    state = with_vacancies(scenario, np.where(x <= 0.5 * WIDTH, 3.0, 1.0))
    assert ob.enrichment("iodide vacancy", "grain_1").measure(scenario, state) > 1
    assert ob.enrichment("iodide vacancy", "grain_0").measure(scenario, state) == pytest.approx(3)
    boundary = ob.enrichment("iodide vacancy", "grain_boundary").measure(scenario, state)
    grain = ob.enrichment("iodide vacancy", "grain_interior").measure(scenario, state)
    ratio = ob.boundary_to_grain_ratio("iodide vacancy").measure(scenario, state)
    assert ratio == pytest.approx(boundary / grain)
    assert ratio > 1


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    scenario = two_grains()
    state = start_of(scenario)
    for observable, known in (
        (ob.contact_charge("rigth"), "right"),
        (ob.total_ions("iodid vacancy"), "iodide vacancy"),
        (ob.enrichment("iodide vacancy", "grain_2"), "grain_1"),
    ):
        with pytest.raises(ValueError, match=known):
            observable.measure(scenario, state)
    with pytest.raises(ValueError, match=r"between 0 and 1, got 1\.5"):
        fronts.front_position("left", 1.5)


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"given twice: charge left \[C/m\^2\]"):
        ob.standard_observables(two_grains(observables=[ob.contact_charge("left")]))


def test_first_column_is_time_and_light_has_columns_only_with_light() -> None:
    bright = [one.column for one in ob.standard_observables(two_grains())]
    dark = [one.column for one in ob.standard_observables(two_grains(light=None))]
    assert bright[0] == "time [s]"
    assert bright[bright.index("current left [A/m^2]") + 1] == "current error left [A/m^2]"
    assert [name for name in bright if name not in dark] == [f"PL/PL0 {w} [1]" for w in ("mean", "minimum", "maximum")]


def test_cells_know_their_grain_and_barrier() -> None:
    scenario = two_grains()
    middles = scenario.model.mesh.p[:, scenario.model.mesh.t].mean(axis=1)
    np.testing.assert_array_equal(grain_ids(scenario), middles[0] > WIDTH / 2)
    unit, barriers = fixed_maps(scenario)["activation_energy_iodide_vacancy"]
    assert unit == "eV"
    np.testing.assert_allclose(barriers, np.where(middles[0] > WIDTH / 2, 0.34, 0.30))


def test_electric_field_of_a_linear_potential_is_a_constant_vector_in_space() -> None:
    scenario = two_grains()
    x, y = scenario.model.mesh.p
    state = replace(start_of(scenario), potential=2e5 * x - 1e5 * y)
    np.testing.assert_allclose(
        electric_field(scenario, state), np.tile([-2e5, 1e5, 0.0], (scenario.model.mesh.t.shape[1], 1)), atol=1e-3
    )


def test_light_that_is_off_cannot_be_measured() -> None:
    scenario = two_grains(light=None)
    with pytest.raises(ValueError, match="needs a scenario with light"):
        emission(scenario, start_of(scenario))
