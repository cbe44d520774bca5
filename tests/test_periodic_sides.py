"""Periodic sides: the film does not know where it was cut."""

from dataclasses import replace

import numpy as np
import pytest
from irregular_films import VACANCY, graded, rectangle
from numpy.typing import NDArray
from skfem import MeshTri

from fem.constants import eV, nm
from fem.evolve import evolve
from fem.model import PoissonNernstPlanck
from fem.physics.contacts import Contact
from fem.physics.drives.drive import step
from fem.physics.layers import boundary_lines
from fem.physics.materials import MAPbI3
from fem.physics.periodic import PeriodicSides, Ties
from fem.state import State
from meshes.two_sided import two_sided

Array = NDArray[np.float64]
WIDTH, HEIGHT = 120 * nm, 80 * nm
TIMES = np.array([0.0, 1e-3, 0.1, 3.0, 100.0])


def shifted_film(cut: int) -> tuple[MeshTri, NDArray[np.int64]]:
    """One periodic film of 12 columns that differ, cut open at column `cut`; also the columns' places in the film."""
    mesh = MeshTri.init_tensor(np.linspace(0, WIDTH, 13), graded(HEIGHT, 2 * nm, largest=10 * nm))
    sides = {"left": (0, 0.0), "right": (0, WIDTH), "bottom": (1, 0.0), "top": (1, HEIGHT)}
    named = {name: lambda p, axis=axis, at=at: np.abs(p[axis] - at) < 1e-15 for name, (axis, at) in sides.items()}
    return mesh.with_boundaries(named).with_subdomains({"grain_0": lambda p: p[0] >= 0}), (np.arange(13) + cut) % 12


def run(cut: int, periodic: bool = True) -> tuple[list[State], MeshTri, NDArray[np.int64]]:
    mesh, places = shifted_film(cut)

    def hills(x: Array, y: Array) -> Array:
        return 0.5 * eV + 0.05 * eV * np.sin(2 * np.pi * (x / WIDTH + cut / 12))

    model = PoissonNernstPlanck(
        mesh, MAPbI3, [replace(VACANCY, activation_energy=hills)],
        [Contact("bottom", 0.0), Contact("top", step(0.8))],
        periodic=PeriodicSides("left", "right") if periodic else None,
    )  # fmt: skip
    return [output.state for output in evolve(model, TIMES)], mesh, places


def by_place(values: Array, mesh: MeshTri, places: NDArray[np.int64]) -> Array:
    """Nodal values by column of the uncut film and height, shape (13, n_heights)."""
    column = np.round(mesh.p[0] / (WIDTH / 12)).astype(int)
    table = values[np.lexsort((mesh.p[1], column))].reshape(13, -1)
    return np.asarray(table[np.argsort(places[:12])])


def test_a_periodic_film_does_not_know_where_it_was_cut() -> None:
    first, mesh, places = run(0)
    second, other, moved = run(5)
    for one, two in zip(first, second, strict=True):
        for name in ("potential", "concentrations"):
            a, b = (np.ravel(getattr(state, name)) for state in (one, two))
            scale = max(np.abs(a).max(), 1e-30)
            difference = by_place(a, mesh, places) - by_place(b, other, moved)
            assert np.abs(difference).max() < 1e-5 * scale
        np.testing.assert_allclose(one.contact_charge, two.contact_charge, rtol=1e-5, atol=1e-16)


def test_the_two_sides_agree_and_closed_sides_would_not() -> None:
    states, mesh, _ = run(2)
    left, right = (np.flatnonzero(mesh.p[0] == x) for x in (mesh.p[0].min(), mesh.p[0].max()))
    left, right = (side[np.argsort(mesh.p[1, side])] for side in (left, right))
    middle = states[2].concentrations[0]
    np.testing.assert_allclose(middle[left], middle[right], rtol=1e-4)
    closed, mesh, _ = run(2, periodic=False)
    middle = closed[2].concentrations[0]
    assert np.abs(middle[left] - middle[right]).max() > 1e-3 * middle.max()


def test_ions_are_kept_across_periodic_sides() -> None:
    states, mesh, _ = run(3)
    start, end = (float(state.concentrations[0].mean()) for state in (states[0], states[-1]))
    assert end != start
    model = PoissonNernstPlanck(
        mesh, MAPbI3, [VACANCY], [Contact("bottom", 0.0), Contact("top", 0.0)], periodic=PeriodicSides("left", "right")
    )
    assert model.total_ions(states[-1]) == pytest.approx(model.total_ions(states[0]), rel=1e-12, abs=0.0)


@pytest.mark.parametrize("temperature", [200.0, 300.0])
def test_a_fast_line_runs_on_across_the_cut(temperature: float) -> None:
    """A line 1e4 to 1e7 times as fast as the grains: its ends on the two sides have the same concentration."""
    mesh, _ = shifted_film(0)
    middle = mesh.p[1][np.abs(mesh.p[1] - HEIGHT / 2).argmin()]
    mesh = mesh.with_boundaries(
        {"grain_boundary_lines": lambda p: np.abs(p[1] - middle) < 1e-15}, boundaries_only=False
    )

    def barrier(x: Array, y: Array) -> Array:
        return 0.5 * eV + 0.05 * eV * np.sin(2 * np.pi * x / WIDTH)

    ion = replace(VACANCY, activation_energy={"grain_0": barrier, "grain_boundary": 0.30 * eV})
    model = PoissonNernstPlanck(
        mesh, MAPbI3, [ion], [Contact("bottom", 0.0), Contact("top", step(0.8))], temperature,
        [boundary_lines(4 * nm)], periodic=PeriodicSides("left", "right"),
    )  # fmt: skip
    slow = HEIGHT**2 / float(model.transports[0].cell_diffusivity.min())
    for output in list(evolve(model, slow * np.array([0.0, 1e-5, 1e-3, 1e-1])))[1:]:
        values = output.state.concentrations[0]
        left, right = (np.flatnonzero(mesh.p[0] == x) for x in (0.0, WIDTH))
        left, right = (side[np.argsort(mesh.p[1, side])] for side in (left, right))
        np.testing.assert_allclose(values[left], values[right], rtol=1e-4, atol=1e-6 * values.max())


def test_ties_join_the_right_ones_of_two_nodes_at_one_place() -> None:
    """Four grains numbered around the circle, lines with two sides: ties stay on their side."""
    mesh, _ = shifted_film(0)
    middle = mesh.p[1][np.abs(mesh.p[1] - HEIGHT / 2).argmin()]
    x, y = mesh.p[:, mesh.t].mean(axis=1)
    around = np.where(y < middle, (x > WIDTH / 2).astype(int), 3 - (x > WIDTH / 2).astype(int))
    lines = {"grain_boundary_lines": lambda p: np.abs(p[1] - middle) < 1e-15}
    split = two_sided(mesh.with_boundaries(lines, boundaries_only=False), around)
    ties = Ties.between(split, PeriodicSides("left", "right"), 0)
    above = np.full(split.p.shape[1], np.nan)
    above[split.t] = split.p[1, split.t].mean(axis=0) > middle
    assert ties.pairs.shape[1] == len(np.flatnonzero(split.p[0] == 0.0))
    at_line = split.p[1, ties.pairs[0]] == middle
    assert at_line.sum() == 2
    np.testing.assert_array_equal(above[ties.pairs[0, at_line]], above[ties.pairs[1, at_line]])


def test_sides_that_cannot_be_one_are_refused() -> None:
    contacts = [Contact("bottom", 0.0), Contact("top", 1.0)]
    mesh = rectangle(np.linspace(0, WIDTH, 13), graded(HEIGHT, 2 * nm), jitter=0.0)
    with pytest.raises(ValueError, match="not two straight, opposite sides"):
        PoissonNernstPlanck(mesh, MAPbI3, [VACANCY], contacts, periodic=PeriodicSides("left", "bottom"))
    with pytest.raises(ValueError, match=r"periodic sides.*'lef'"):
        PoissonNernstPlanck(mesh, MAPbI3, [VACANCY], contacts, periodic=PeriodicSides("lef", "right"))
    points = mesh.p.copy()
    moved = np.flatnonzero((points[0] == points[0].max()) & (points[1] > 0) & (points[1] < HEIGHT / 2))[0]
    points[1, moved] += 0.2 * nm
    uneven = MeshTri(points, mesh.t).with_boundaries(dict(mesh.boundaries)).with_subdomains(dict(mesh.subdomains))
    with pytest.raises(ValueError, match=r"'left' and 'right' do not face each other.*periodic"):
        PoissonNernstPlanck(uneven, MAPbI3, [VACANCY], contacts, periodic=PeriodicSides("left", "right"))
