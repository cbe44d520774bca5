"""Films that repeat themselves: sides match to the last digit, grains that are cut are still whole, ions go round."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from skfem import MeshTri
from verification import Verification

from fem.constants import eV
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.materials import MAPbI3
from fem.physics.periodic import PeriodicSides
from fem.physics.species import Species
from meshes import (
    GrainShape,
    Lines,
    Lognormal,
    MeshSizes,
    Polycrystal,
    Strips,
    grain_statistics,
    laguerre,
    merge_short_edges,
    mesh_report,
    periodic_laguerre,
    triangulate,
    triangulate_and_count,
    whole_grains,
)

um, nm = 1e-6, 1e-9
ACROSS_X, ACROSS_Y = ("left", "right", 1), ("bottom", "top", 0)
SIDES = {"x": [ACROSS_X], "y": [ACROSS_Y], "xy": [ACROSS_X, ACROSS_Y]}
ROUND = GrainShape()
SIZES = MeshSizes(electrode=5 * nm, boundary=25 * nm, interior=80 * nm)


def grown(grains: int, along: str, seed: int, shape: GrainShape = ROUND) -> Polycrystal:
    """Periodic film of `grains` whole grains of about 300 nm."""
    area = grains * (300 * nm) ** 2
    width = float(np.sqrt(1.4 * area))
    sizes = Lognormal.of_number(grains, area, 0.4)
    return periodic_laguerre(width, area / width, sizes, along=along, seed=seed, shape=shape)


def heights(mesh: MeshTri, side: str, axis: int) -> np.ndarray:
    return np.sort(mesh.p[axis, np.unique(mesh.facets[:, mesh.boundaries[side]])])


@pytest.mark.parametrize("along", SIDES)
def test_sides_match_and_every_cut_grain_comes_back(along: str) -> None:
    for seed in range(4):
        film = grown(30, along, seed)
        assert film.periodic == ("x" in along, "y" in along)
        assert film.areas.sum() / (film.width * film.height) == pytest.approx(1, rel=1e-9, abs=0.0)
        whole = whole_grains(film)
        assert whole.numbers.max() + 1 == 30 < film.n_grains
        for one, other, axis in SIDES[along]:
            facing = [film.vertices[film.vertices_along(side), axis] for side in (one, other)]
            assert np.array_equal(*facing)
            beside = [film.edge_grains[film.edges_along(side)].max(axis=1) for side in (one, other)]
            assert np.array_equal(*(whole.numbers[grains] for grains in beside))
            period = (whole.shifts[beside[0]] - whole.shifts[beside[1]]) / [film.width, film.height]
            across = np.eye(2)[1 - axis]
            assert period == pytest.approx(np.tile(across, (len(period), 1)), abs=1e-12)


def test_whole_grains_have_the_demanded_sizes_and_shapes(verify: Verification) -> None:
    films = [grown(40, along, seed) for along in SIDES for seed in range(3)]
    statistics = [grain_statistics(film) for film in films]
    assert [one.grains for one in statistics] == [40] * 9
    for quantity in ("mean", "spread"):
        deviations = [getattr(one, f"{quantity}_deviation") for one in statistics]
        verify(
            id="G1",
            quantity=f"{quantity} of lognormal grain diameters of periodic films over its target, worst of 9",
            measured=1 + max(deviations, key=abs),
            expected=1,
            tolerance=0.05,
        )
    elongated = grain_statistics(grown(300, "xy", 1, GrainShape(2.5, 0.7)))
    assert elongated.elongation == pytest.approx(2.5, rel=0.05, abs=0.0)  # no grain is cut short by a side
    assert elongated.orientation == pytest.approx(0.7, abs=0.05)


def test_films_without_periodic_sides_have_whole_grains() -> None:
    film = laguerre(2 * um, 1.5 * um, Lognormal(300 * nm, 0.4))
    whole = whole_grains(film)
    assert np.array_equal(whole.numbers, np.arange(film.n_grains))
    assert (whole.shifts == 0).all()


def test_merging_short_edges_moves_no_vertex_on_a_periodic_side() -> None:
    film = grown(40, "x", 2)
    coarse = merge_short_edges(film, 80 * nm)
    assert len(coarse.vertices) < len(film.vertices)
    assert coarse.periodic == (True, False)
    for side in ("left", "right"):
        before, after = (one.vertices[one.vertices_along(side)] for one in (film, coarse))
        assert np.array_equal(before, after)


@pytest.mark.parametrize("boundaries", [Lines(), Lines(two_sided=True)])
@pytest.mark.parametrize(("along", "electrodes"), [("x", ("bottom", "top")), ("y", ("left",)), ("xy", ())])
def test_mesh_nodes_face_each_other_exactly(along: str, electrodes: tuple[str, ...], boundaries: Lines) -> None:
    for seed in range(3):
        film = grown(20, along, seed)
        mesh, repair = triangulate_and_count(film, SIZES, electrodes=electrodes, boundaries=boundaries)
        report = mesh_report(mesh, film, electrodes, debye_length=10 * nm, repair=repair)
        assert report.area_error == pytest.approx(0, abs=1e-9)
        assert report.grains == report.grain_pieces == film.n_grains
        assert report.non_delaunay_after == repair.after == 0
        for one, other, axis in SIDES[along]:
            assert np.array_equal(heights(mesh, one, axis), heights(mesh, other, axis))


def test_ions_go_round_and_none_is_lost() -> None:
    film = grown(8, "x", 3)
    mesh = triangulate(film, SIZES, electrodes=("bottom", "top"))
    barriers = {"grain_interior": 0.58 * eV, "grain_boundary": 0.45 * eV}
    model = PoissonNernstPlanck(
        mesh,
        MAPbI3,
        [Species("vacancy", 1, 1e22, 6.5e-8, barriers)],
        [Contact("bottom", 0.0), Contact("top", step(0.5))],
        layers=[boundary_lines(4 * nm)],
        periodic=PeriodicSides("left", "right"),
    )
    times = model.scale_report().fastest_time * np.array([0.0, 10.0])
    *_, last = evolve(model, times, tolerance=0.05)
    start, end = model.total_ions(model.initial_state()), model.total_ions(last.state)
    assert end / start == pytest.approx(1, rel=1e-12, abs=0.0)
    rows = [np.unique(mesh.facets[:, mesh.boundaries[side]]) for side in ("left", "right")]
    left, right = (last.state.potential[row[np.argsort(mesh.p[1, row])]] for row in rows)
    assert np.abs(left - right).max() < 1e-5 < np.ptp(left)


FILM = grown(12, "x", 1)
BAD: dict[str, tuple[Callable[[], object], str]] = {
    "unknown direction": (
        lambda: periodic_laguerre(um, um, Lognormal(200 * nm, 0.3), along="z"),
        "direction of repetition 'z' does not exist; available: x, xy, y",
    ),
    "grains larger than film": (
        lambda: periodic_laguerre(um, um, Lognormal(3 * um, 0.3)),
        "mean grain diameter 3e-06 m is too large",
    ),
    "electrode on a periodic side": (
        lambda: triangulate(FILM, SIZES, electrodes=("left",)),
        "side 'left' cannot be an electrode: the film goes on beyond it",
    ),
    "strips": (
        lambda: triangulate(FILM, SIZES, electrodes=(), boundaries=Strips(4 * nm)),
        "periodic films are meshed with grain boundaries as lines",
    ),
    "sides that differ": (
        lambda: replace(FILM, periodic=(False, True)),
        "vertices on bottom and top must face each other",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gives_one_clear_message(what: str) -> None:
    make, message = BAD[what]
    with pytest.raises(ValueError, match=message):
        make()
