"""Reactions on a mesh: integrals over control volumes, borders of materials, thin layers, surfaces, light and field."""

from collections.abc import Mapping

import numpy as np
import pytest
from irregular_films import rectangle
from reaction_examples import CHARGES, REACTIONS
from skfem import MeshTri
from verification import Verification

from fem.constants import nm
from fem.fields import Array, Field
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.enrichment import Enrichment
from fem.physics.layers import ThinLayer
from fem.physics.reactions.defect_chemistry import carrier_pairs, frenkel_pair, recombination
from fem.physics.reactions.field_assisted import FieldAssisted, Threshold
from fem.physics.reactions.network import ReactionNetwork
from fem.physics.reactions.rate_laws import MassAction
from fem.physics.reactions.reaction import Reaction
from fem.physics.reactions.recombination import Auger, Radiative
from fem.physics.reactions.trap_recombination import ShockleyReadHall, SurfaceRecombination
from fem.physics.regions import Regions

WIDTH, HEIGHT, DELTA = 100 * nm, 60 * nm, 2 * nm
MEAN_N_I = 1e12  # intrinsic density where the enrichment is 1
LINE = "grain_boundary_lines"
OFFSETS = {
    "electron": {"grain_0": 1.0, "grain_1": np.exp(3.0)},
    "hole": {"grain_0": np.exp(1.0), "grain_1": np.exp(-6.0)},
}


def two_grains() -> MeshTri:
    """Irregular triangles, one border at 40 nm."""
    return rectangle(np.linspace(0, WIDTH, 11), np.linspace(0, HEIGHT, 7), lines=(40 * nm,))


MESH = two_grains()
VOLUMES = ControlVolumes.of(MESH)
PLAIN = Regions(MESH, ())
LINED = Regions(MESH, (ThinLayer(LINE, DELTA, "grain_boundary"),))
ONES = Enrichment.on_cells(VOLUMES, np.ones(MESH.t.shape[1]))


def on_cells(field: Field) -> Array:
    return PLAIN.on_cells(field, "test")


def area(region: str) -> float:
    return float(VOLUMES.areas[PLAIN.cells[region]].sum())


def carriers(offsets: Mapping[str, Field]) -> dict[str, Enrichment]:
    """Electrons and holes with band edges that differ between the grains."""
    return {name: Enrichment.on_cells(VOLUMES, on_cells(offsets[name]), MEAN_N_I) for name in ("electron", "hole")}


def network(
    *reactions: Reaction, films: Mapping[str, Enrichment] | None = None, regions: Regions = PLAIN
) -> ReactionNetwork:
    names = tuple(dict.fromkeys(name for one in reactions for name in one.populations))
    return ReactionNetwork.on(VOLUMES, regions, reactions, films or dict.fromkeys(names, ONES))


def in_equilibrium(films: Mapping[str, Enrichment], potential: Array | float = 0.0) -> Array:
    """Carriers with one Fermi level at `potential` [V_T]."""
    electron, hole = films["electron"].nodes, films["hole"].nodes
    return MEAN_N_I * np.array([electron * np.exp(potential), hole * np.exp(-np.asarray(potential))])


# --- integrals ------------------------------------------------------------------------------------------------------


def test_what_reacts_is_rate_times_area(verify: Verification) -> None:
    made = network(frenkel_pair("vacancy", "interstitial", {"grain_0": 2e-24, "grain_1": 5e-24}, 1e44))
    c = np.array([np.full(VOLUMES.n_nodes, 3e22), np.full(VOLUMES.n_nodes, 4e22)])
    expected = (2e-24 * area("grain_0") + 5e-24 * area("grain_1")) * (12e44 - 1e44)
    amount = made.sources(c).amount
    verify(
        id="E2", quantity="Pairs annihilated in two grains over rate times area", measured=-amount[0].sum() / expected,
        expected=1.0, tolerance=1e-14,
    )  # fmt: skip
    assert (amount[0] == amount[1]).all()


def test_a_border_node_has_the_density_of_each_material(verify: Verification) -> None:
    """Against a loop over corners of cells with ``c_node s_cell / s_node``, and by hand for flat quasi-Fermi levels."""
    films, k2 = carriers(OFFSETS), {"grain_0": 6e-17, "grain_1": 2e-16}
    made = network(recombination("radiative", Radiative(k2, 1e11)), films=films)
    rng = np.random.default_rng(1)
    c = 10 ** rng.uniform(19, 22, (2, VOLUMES.n_nodes))
    expected = np.zeros(VOLUMES.n_nodes)
    for cell, corners in enumerate(MESH.t.T):
        for node in corners:
            n, p = (c[m, node] * films[k].cells[cell] / films[k].nodes[node] for m, k in enumerate(films))
            expected[node] += VOLUMES.areas[cell] / 3 * on_cells(k2)[cell] * (n * p - 1e22)
    assert made.events(c)[0] == pytest.approx(expected, rel=1e-13, abs=0.0)
    n, p = 1e20, 5e19
    flat = np.array([n * films["electron"].nodes, p * films["hole"].nodes])
    by_hand = sum(
        area(r) * k2[r] * (n * OFFSETS["electron"][r] * p * OFFSETS["hole"][r] - 1e22) for r in ("grain_0", "grain_1")
    )
    verify(
        id="D13", quantity="Radiative rate of two materials with a band offset over area times rate of each",
        measured=made.events(flat).sum() / by_hand, expected=1.0, tolerance=1e-13,
    )  # fmt: skip


def test_there_are_hardly_more_sites_than_nodes() -> None:
    made = network(recombination("radiative", Radiative(6e-17)), films=carriers(OFFSETS))
    on_border = len(np.unique(MESH.facets[:, MESH.boundaries[LINE]]))
    assert len(made.terms[0].sites.nodes) == VOLUMES.n_nodes + on_border
    alike = network(recombination("radiative", Radiative(6e-17, 1e11)))
    assert len(alike.terms[0].sites.nodes) == VOLUMES.n_nodes


def test_a_coefficient_may_vary_from_cell_to_cell() -> None:
    made = network(carrier_pairs(lambda x, y: 1e27 * np.exp(-y / HEIGHT)))
    assert made.sources(np.ones((2, VOLUMES.n_nodes)), light=1.0).amount[0].sum() == pytest.approx(
        1e27 * WIDTH * HEIGHT * (1 - np.exp(-1)), rel=3e-3, abs=0.0
    )


# --- detailed balance -----------------------------------------------------------------------------------------------


def test_nothing_recombines_in_equilibrium_at_a_junction() -> None:
    """Whatever the potential, in every material, at the border and at the surface, with n_i from the bands."""
    films = carriers(OFFSETS)
    paths = (
        recombination("radiative", Radiative(6e-17)),
        recombination("Auger", Auger(1e-40, 2e-40)),
        recombination("lifetimes", ShockleyReadHall({"grain_0": 1e-7, "grain_1": 1e-9}, 1e-7, 1e14)),
        recombination("surface", SurfaceRecombination(10.0, 3.0), "top"),
        recombination("border", SurfaceRecombination(10.0, 3.0), LINE),
        Reaction(
            "chosen sides", {"electron": -1, "hole": -1}, SurfaceRecombination(10.0, 3.0), LINE,
            {"electron": "grain_0", "hole": "grain_1"},
        ),
    )  # fmt: skip
    made = network(*paths, films=films)
    rest = in_equilibrium(films, np.linspace(-20, 20, VOLUMES.n_nodes))
    more = made.events(np.array([[2.0], [1.0]]) * rest)
    somewhere = more > 0
    assert (somewhere.sum(axis=1) >= 7).all() and not (more < 0).any()
    assert (np.abs(made.events(rest))[somewhere] < 1e-14 * more[somewhere]).all()


def test_carriers_meet_across_a_border(verify: Verification) -> None:
    """Unless sides are chosen, each counts where it is denser: electrons in grain 1, holes in grain 0."""
    films = carriers(OFFSETS)
    law, n, p = SurfaceRecombination(10.0, 3.0), 1e20, 1e20
    flat = np.array([n * films["electron"].nodes, p * films["hole"].nodes])

    def expected(electrons: str, holes: str) -> float:
        s_n, s_p = OFFSETS["electron"][electrons], OFFSETS["hole"][holes]
        n_i = MEAN_N_I * np.sqrt(s_n * s_p)
        return HEIGHT * 30.0 * (n * s_n * p * s_p - n_i**2) / (10 * (n * s_n + n_i) + 3 * (p * s_p + n_i))

    stoichiometry = {"electron": -1, "hole": -1}
    denser = network(Reaction("border", stoichiometry, law, LINE), films=films).events(flat).sum()
    verify(
        id="D13", quantity="Recombination across an interface over its law times its length",
        measured=denser / expected("grain_1", "grain_0"), expected=1.0, tolerance=1e-13,
    )  # fmt: skip
    sides = {"electron": "grain_0", "hole": "grain_0"}
    chosen = network(Reaction("border", stoichiometry, law, LINE, sides), films=films).events(flat).sum()
    assert chosen == pytest.approx(expected("grain_0", "grain_0"), rel=1e-13, abs=0.0)
    with pytest.raises(ValueError, match="'grain_1' does not touch all of the facets 'left'"):
        network(Reaction("border", stoichiometry, law, "left", {"hole": "grain_1"}), films=films)


# --- places ---------------------------------------------------------------------------------------------------------

DECAY = MassAction({"vacancy": 1}, {"grain_0": 1.0, "grain_1": 3.0, "grain_boundary": 100.0})


def lost(where: str | None, law: MassAction = DECAY, regions: Regions = LINED, film: Enrichment = ONES) -> float:
    made = network(Reaction("decay", {"vacancy": -1}, law, where), films={"vacancy": film}, regions=regions)
    return float(made.events(np.array([film.nodes])).sum())


def test_a_reaction_runs_in_its_place_only() -> None:
    assert lost("grain_1") == pytest.approx(3.0 * area("grain_1"), rel=1e-13, abs=0.0)
    assert lost("grain_boundary") == pytest.approx(100 * DELTA * HEIGHT, rel=1e-13, abs=0.0)
    assert lost("top", MassAction({"vacancy": 1}, 7.0)) == pytest.approx(7.0 * WIDTH, rel=1e-13, abs=0.0)
    assert lost("top", MassAction({"vacancy": 1}, {"grain_0": 1.0, "grain_1": 3.0})) == pytest.approx(
        40 * nm + 3 * 60 * nm, rel=1e-13, abs=0.0
    )


def test_a_thin_layer_replaces_the_film_where_it_lies() -> None:
    """Its own rate in all its width, less that of the two grains, half each; nothing where it is like them."""
    grains = area("grain_0") + 3 * area("grain_1")
    assert lost(None) == pytest.approx(grains + DELTA * HEIGHT * (100 - 2), rel=1e-13, abs=0.0)
    alike = MassAction({"vacancy": 1}, {"grain_0": 1.0, "grain_1": 3.0})
    assert lost(None, alike) == lost(None, alike, PLAIN) == pytest.approx(grains, rel=1e-13, abs=0.0)


def test_an_enriched_layer_reacts_by_what_is_in_it() -> None:
    """Of second order: s^2 in the layer's width; the inserted width has taken nothing from the film."""
    s, facets = 5.0, len(LINED.layer_facets[0].facets)
    inserted = np.full(facets, DELTA * (1 - 1 / s))
    storage = VOLUMES.node_integrals(np.ones(MESH.t.shape[1])) + VOLUMES.facet_integrals(
        MESH.boundaries[LINE], inserted
    )
    enriched = VOLUMES.node_integrals(np.ones(MESH.t.shape[1])) + VOLUMES.facet_integrals(
        MESH.boundaries[LINE], s * inserted
    )
    film = Enrichment(np.ones(MESH.t.shape[1]), enriched / storage, (np.full(facets, s),), (inserted,))
    pairs = MassAction({"vacancy": 2}, 1.0)
    assert lost(None, pairs, LINED, film) == pytest.approx(
        WIDTH * HEIGHT + DELTA * HEIGHT * (s**2 - 1 / s), rel=1e-13, abs=0.0
    )
    assert lost("grain_boundary", pairs, LINED, film) == pytest.approx(DELTA * HEIGHT * s**2, rel=1e-13, abs=0.0)


def test_a_thin_layer_at_the_rim_of_where_it_can_run() -> None:
    """Beside cells in which the population does not live, a layer displaces only what the others hold."""
    inside = np.where(np.isin(np.arange(MESH.t.shape[1]), PLAIN.cells["grain_1"]), 2.0, 0.0)
    film = Enrichment.on_cells(VOLUMES, inside)
    law = MassAction({"vacancy": 1}, {"grain_1": 3.0, "grain_boundary": 100.0})
    expected = 2 * (3 * area("grain_1") + DELTA * HEIGHT * (100 - 3))
    assert lost(None, law, LINED, film) == pytest.approx(expected, rel=1e-13, abs=0.0)


def test_a_reaction_runs_only_where_all_its_populations_live() -> None:
    inside = np.zeros(MESH.t.shape[1])
    inside[PLAIN.cells["grain_1"]] = 1.0
    films = {"vacancy": ONES, "interstitial": Enrichment.on_cells(VOLUMES, inside)}
    pair = frenkel_pair("vacancy", "interstitial", {"grain_1": 1.0}, 0.0)  # needs no value elsewhere
    made = network(pair, films=films)
    assert made.events(np.ones((2, VOLUMES.n_nodes))).sum() == pytest.approx(area("grain_1"), rel=1e-13, abs=0.0)
    with pytest.raises(ValueError, match="vacancy, interstitial do not live together in 'grain_0'"):
        network(frenkel_pair("vacancy", "interstitial", 1.0, 0.0, "grain_0"), films=films)


# --- the whole chemistry --------------------------------------------------------------------------------------------


def everything() -> tuple[ReactionNetwork, Array]:
    """All shipped reactions on the mesh, some populations enriched in a grain, with densities over six decades."""
    named = [Reaction(f"{k} {one.name}", one.stoichiometry, one.law, one.where) for k, one in enumerate(REACTIONS)]
    names = dict.fromkeys(name for one in named for name in one.populations)
    films = {name: Enrichment.on_cells(VOLUMES, on_cells({"grain_0": 1.0, "grain_1": 0.5 + k % 4})) for k, name in
             enumerate(names)}  # fmt: skip
    made = network(*named, films=films)
    return made, 10 ** np.random.default_rng(2).uniform(16, 22, (len(made.names), VOLUMES.n_nodes))


def test_every_node_keeps_charge() -> None:
    made, c = everything()
    charges = np.array([{**CHARGES, "electron": -1, "hole": 1}[name] for name in made.names])
    field = np.full(len(VOLUMES.areas), 1.01e6)
    amount = made.sources(c, 1.0, field).amount
    events = np.abs(made.events(c, 1.0, field)).sum(axis=0)
    assert (np.abs(charges @ amount) < 1e-14 * events).all()


def test_derivatives_of_the_sources_are_exact() -> None:
    made, c = everything()
    field = np.full(len(VOLUMES.areas), 1.01e6)
    sources = made.sources(c, 1.0, field)
    assert tuple(sources.by) == made.couplings
    for m in range(len(made.names)):
        width = 1e-3 * c[m]
        moved = []
        for k in (-2, -1, 1, 2):
            other = c.copy()
            other[m] += k * width
            moved.append(made.sources(other, 1.0, field).amount)
        slopes = (moved[0] - 8 * moved[1] + 8 * moved[2] - moved[3]) / (12 * width)
        noise = 1e-13 * np.abs(sources.amount).max(axis=1)[:, None] / width
        for k in range(len(made.names)):
            exact = sources.by.get((k, m), np.zeros(VOLUMES.n_nodes))
            assert (np.abs(exact - slopes[k]) <= 1e-6 * np.abs(slopes[k]) + noise[k]).all(), (
                made.names[k],
                made.names[m],
            )


def test_light_counts_linearly() -> None:
    made, c = everything()
    assert made.needs_light and made.needs_field
    bright, dark, by_light = made.sources(c, 3.0).amount, made.sources(c, 0.0).amount, made.by_light(c)
    assert bright - dark == pytest.approx(3 * by_light, rel=1e-12, abs=1e-12 * float(np.abs(dark).max()))
    lit = {made.names[k] for k in np.flatnonzero(by_light.any(axis=1))}
    assert lit == {"electron", "hole", "vacancy", "interstitial"}


def test_the_field_around_each_node_counts() -> None:
    law = FieldAssisted(MassAction({}, 1e18), Threshold(1e6, 1e3))
    made = network(Reaction("creation", {"vacancy": 1, "interstitial": 1}, law))
    assert made.needs_field and made.couplings == () and made.by_the_field == (0, 1)
    cells = np.zeros(MESH.t.shape[1])
    cells[PLAIN.cells["grain_1"]] = 2e6  # by more than sqrt(2) above the threshold: half of the cells are enough
    amount = made.sources(np.zeros((2, VOLUMES.n_nodes)), field=cells).amount[0]
    own, strong = (VOLUMES.node_integrals(one) for one in (np.ones_like(cells), (cells > 0).astype(float)))
    counts = 4 * strong > own
    assert amount[counts] == pytest.approx(1e18 * own[counts], rel=1e-13, abs=0.0) and not amount[~counts].any()
    assert not made.sources(np.zeros((2, VOLUMES.n_nodes))).amount.any()


# --- what users get wrong -------------------------------------------------------------------------------------------


def test_mistakes_are_explained() -> None:
    pair = frenkel_pair("vacancy", "interstitial", 1e-24, 0.0)
    two = {"vacancy": ONES, "interstitials": ONES}
    with pytest.raises(ValueError, match="population 'interstitial' does not exist; available: interstitials"):
        network(pair, films=two)
    with pytest.raises(ValueError, match="place 'grain_9' does not exist; available: grain_"):
        network(frenkel_pair("vacancy", "interstitial", 1e-24, 0.0, "grain_9"))
    with pytest.raises(ValueError, match=r"rate constant of reaction .* must not be negative, got -1"):
        network(frenkel_pair("vacancy", "interstitial", {"grain_0": 1.0, "grain_1": -1.0}, 0.0))
    with pytest.raises(ValueError, match="tau_n of reaction 'lifetimes' must be greater than zero, got 0"):
        network(recombination("lifetimes", ShockleyReadHall(0.0, 1e-7, 1e12, 1e12)))
    with pytest.raises(ValueError, match=r"rate constant of reaction .* has no value in: grain_1"):
        network(frenkel_pair("vacancy", "interstitial", {"grain_0": 1.0}, 0.0))
    with pytest.raises(ValueError, match="no bands for electron, hole: state intrinsic_density"):
        network(recombination("radiative", Radiative(1e-17)))
    with pytest.raises(ValueError, match="two reactions have the same name"):
        network(pair, pair)
