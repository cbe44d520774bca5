"""Meshing never fails: random films of every tessellation, on lines and on strips, each run through a bias step."""

from dataclasses import replace

import numpy as np
import pytest
from random_films import TESSELLATIONS, Outcome, RandomFilm, outcome, random_film
from verification import Verification

from fem.constants import eV, ms, nm, s
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.materials import MAPbI3
from fem.physics.species import Species
from fem.scenario import logarithmic_times
from meshes import Lines, MeshSizes, Strips, mesh_report, triangulate_and_count, voronoi

CAMPAIGN, FILMS = 1, 200
SAMPLE = (3, 24, 32, 47, 90, 139, 166)  # quick ones
_KINDS = {Lines: "lines", Strips: "strips"}
AREA, LOST, NEGATIVE = 1e-9, 1e-12, 1e-9
NON_DELAUNAY = {Lines: 1e-3, Strips: 3e-3}
LARGEST_PIECE = 1.5  # over its grain; grains that merged make more than that, unless one of them is a sliver


def require_sound(one: RandomFilm, result: Outcome) -> None:
    """Every demand on a film's mesh and on its short run."""
    report = result.report
    assert abs(report.area_error) <= AREA
    assert report.grains == report.grain_pieces == one.film.n_grains
    assert report.largest_piece_over_its_grain < LARGEST_PIECE
    assert result.non_delaunay <= NON_DELAUNAY[type(one.boundaries)]
    assert result.lost <= LOST
    assert result.lowest >= -NEGATIVE


@pytest.mark.parametrize("number", SAMPLE)
def test_a_random_film_meshes_and_runs(number: int) -> None:
    one = random_film(CAMPAIGN, number)
    require_sound(one, outcome(one))


def test_the_sample_holds_lines_and_strips_and_many_tessellations() -> None:
    films = [random_film(CAMPAIGN, number) for number in SAMPLE]
    assert {type(one.boundaries) for one in films} == {Lines, Strips}
    assert len({one.tessellation for one in films}) >= len(TESSELLATIONS) - 4


@pytest.mark.parametrize("number", [3, 24, 166])
def test_strips_as_wide_as_a_grain_are_refused_and_nothing_else_happens(number: int) -> None:
    one = random_film(CAMPAIGN, number)
    too_wide = Strips(width=float(np.sqrt(one.film.areas.mean())))
    with pytest.raises(ValueError, match=r"no room for grain boundary strips .* make the boundaries narrower"):
        outcome(replace(one, boundaries=too_wide))


@pytest.mark.slow
def test_two_hundred_random_films_mesh_and_run(verify: Verification) -> None:
    """Also reports every film that does not."""
    results: dict[int, tuple[RandomFilm, Outcome]] = {}
    problems = []
    for number in range(FILMS):
        try:
            one = random_film(CAMPAIGN, number)
            results[number] = one, outcome(one)
            require_sound(*results[number])
        except Exception as error:  # whatever goes wrong with a film is the finding
            problems.append(f"film {number}: {type(error).__name__}: {error}")
    assert not problems, "\n".join(problems)
    _record(verify, list(results.values()))


def _record(verify: Verification, results: list[tuple[RandomFilm, Outcome]]) -> None:
    reports = [result.report for _, result in results]
    of_kind = {kind: [pair for pair in results if type(pair[0].boundaries) is kind] for kind in _KINDS}
    nodes = _range([report.nodes for report in reports])
    grains = {kind: _range([one.film.n_grains for one, _ in own]) for kind, own in of_kind.items()}
    what = f"{grains[Lines]} grains on lines, {grains[Strips]} on strips, {nodes} nodes"

    def row(quantity: str, measured: float, expected: float, tolerance: float) -> None:
        verify(id="G2", quantity=quantity, measured=measured, expected=expected, tolerance=tolerance)

    row(f"films meshed and run, of {FILMS}: {what}", len(results), FILMS, 0.0)
    row("error of the area, worst", max(abs(report.area_error) for report in reports), 0, AREA)
    row("pieces that grains fall into, over grains, worst", max(r.grain_pieces / r.grains for r in reports), 1, 0.0)
    largest = max(report.largest_piece_over_its_grain for report in reports)
    row("area of a piece over that of its grain, largest", largest, 1, LARGEST_PIECE - 1)
    for kind, name in _KINDS.items():
        share = max(result.non_delaunay for _, result in of_kind[kind])
        row(f"share of non-Delaunay edges on {name}, worst", share, 0, NON_DELAUNAY[kind])
    row("lost ions, worst", max(result.lost for _, result in results), 0, LOST)
    negative = max(0.0, *(-result.lowest for _, result in results))
    row("concentration below zero over its mean, worst", negative, 0, NEGATIVE)


def _range(numbers: list[int]) -> str:
    return f"{min(numbers)} to {max(numbers)}"


@pytest.mark.slow
def test_two_thousand_grains_mesh_and_run(verify: Verification) -> None:
    """Grains of 300 nm on lines, 2 V from left to right, 1 ms to 1 s; how long it takes is in the benchmarks."""
    side = 300 * nm * float(np.sqrt(2000))
    film = voronoi(side, side, grains=2000, seed=1)
    mesh, repair = triangulate_and_count(film, MeshSizes(2 * nm, 45 * nm, 150 * nm))
    report = mesh_report(mesh, film, ("left", "right"), 8 * nm, repair)
    assert report.grains == report.grain_pieces == 2000
    assert report.non_delaunay_after == 0
    assert abs(report.area_error) <= AREA
    vacancy = Species("iodide vacancy", 1, 1e22, 6.5e-8, {"grain_interior": 0.58 * eV, "grain_boundary": 0.30 * eV})
    contacts = [Contact("left", 0.0), Contact("right", step(2.0))]
    model = PoissonNernstPlanck(mesh, MAPbI3, [vacancy], contacts, layers=[boundary_lines(4 * nm)])
    *_, last = evolve(model, logarithmic_times(1 * ms, 1 * s))
    start, end = model.total_ions(model.initial_state()), model.total_ions(last.state)
    verify(id="G2", quantity="nodes of 2000 grains on lines", measured=report.nodes, expected=1e5, tolerance=0.15)
    lost = abs(end[0] / start[0] - 1)
    verify(id="G2", quantity="lost ions, 2000 grains under 2 V to 1 s", measured=lost, expected=0, tolerance=LOST)
    assert last.statistics.lowest_relative_concentration >= -NEGATIVE
