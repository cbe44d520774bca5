"""How large a mesh will be, known before it is made, and what is offered in place of one that is too large."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from calls import CommandLine, calls_from
from scipy.spatial import cKDTree

from fem.constants import boltzmann, eV, nm, um
from fem.measurements.homogenised import homogenised_diffusivity
from meshes import (
    Lines,
    Lognormal,
    MeshSizes,
    Polycrystal,
    Strips,
    columnar,
    laguerre,
    layered,
    triangulate,
    voronoi,
    with_pinholes,
)
from meshes.budget import Extent, boundary_size_within, estimated_nodes, least_nodes
from scenarios.parts.grain_boundaries import UniformFilm
from scenarios.parts.measured import measured_film
from scenarios.parts.resolved import NodeBudget, meshed

MAP = Path(__file__).parent.parent / "data" / "grain_maps" / "perovskite_sem_calibrated" / "labels.png"
PREFACTOR, GRAIN, BOUNDARY = 6.5e-8, 0.58 * eV, 0.30 * eV
SIDES = ("left", "right")


@pytest.fixture
def command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Calls ``run.py`` with the given words; the working folder is `tmp_path`."""
    return calls_from(tmp_path, monkeypatch, capsys)


# --- how many nodes ---------------------------------------------------------------------------------------------------

FILMS: dict[str, tuple[Callable[[], Polycrystal], MeshSizes, Lines | Strips]] = {
    "random grains": (
        lambda: voronoi(1.5 * um, 1 * um, grains=40, seed=3), MeshSizes(4 * nm, 15 * nm, 60 * nm), Lines()
    ),
    "cells of one size": (
        lambda: voronoi(1 * um, 1 * um, grains=20, seed=3), MeshSizes(20 * nm, 20 * nm, 20 * nm), Lines()
    ),
    "grown grains, steep": (
        lambda: laguerre(1.5 * um, 1 * um, Lognormal.of_number(50, 1.5e-12, 0.4), seed=1),
        MeshSizes(10 * nm, 10 * nm, 80 * nm, growth=1.8), Lines()
    ),
    "two-sided": (
        lambda: voronoi(1.5 * um, 1 * um, grains=40, seed=3),
        MeshSizes(15 * nm, 15 * nm, 60 * nm), Lines(two_sided=True),
    ),
    "one grain": (lambda: voronoi(1 * um, 0.5 * um, grains=1, seed=1), MeshSizes(5 * nm, 20 * nm, 60 * nm), Lines()),
    "columns in strips": (
        lambda: columnar(0.6 * um, 0.3 * um, grains=5, seed=1), MeshSizes(5 * nm, 8 * nm, 20 * nm),
        Strips(4 * nm, skin=15 * nm),
    ),
    "layers in bare strips": (
        lambda: layered(0.8 * um, 0.4 * um, grains=4, layers=3, seed=1), MeshSizes(5 * nm, 10 * nm, 40 * nm),
        Strips(6 * nm),
    ),
    "random grains in strips": (
        lambda: voronoi(0.8 * um, 0.6 * um, grains=9, seed=1), MeshSizes(10 * nm, 15 * nm, 60 * nm),
        Strips(4 * nm, skin=15 * nm),
    ),
    "measured": (lambda: measured_film(MAP, None, 1 * um), MeshSizes(10 * nm, 15 * nm, 60 * nm), Lines()),
    "measured in strips": (
        lambda: measured_film(MAP, None, 0.6 * um), MeshSizes(15 * nm, 15 * nm, 60 * nm), Strips(4 * nm, skin=15 * nm)
    ),
    "pinholes": (
        lambda: with_pinholes(voronoi(1.5 * um, 1 * um, grains=30, seed=3), Lognormal(100 * nm, 0.2), area_share=0.1),
        MeshSizes(10 * nm, 15 * nm, 60 * nm), Lines(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILMS)
def test_the_number_of_nodes_is_known_before_there_is_a_mesh(name: str) -> None:
    grown, sizes, boundaries = FILMS[name]
    film = grown()
    found = triangulate(film, sizes, electrodes=SIDES, boundaries=boundaries).p.shape[1]
    assert estimated_nodes(film, sizes, SIDES, boundaries) == pytest.approx(found, rel=0.3, abs=0.0)
    assert found / 10 < least_nodes(Extent.of(film), sizes, SIDES, boundaries) < found


def test_how_large_a_film_is_is_known_before_it_is_grown() -> None:
    columns = Extent.of(columnar(2 * um, 0.4 * um, grains=10, seed=1))
    assert vars(Extent.layered(2 * um, 0.4 * um, 10)) == pytest.approx(vars(columns), rel=1e-9, abs=0.0)
    grains = Extent.of(voronoi(3 * um, 2 * um, grain_size=200 * nm, seed=1))
    assert vars(Extent.equiaxed(3 * um, 2 * um, 200 * nm)) == pytest.approx(vars(grains), rel=0.12, abs=0.0)


def test_a_size_is_proposed_that_keeps_the_mesh_small_enough() -> None:
    film, sizes = voronoi(3 * um, 3 * um, grains=100, seed=1), MeshSizes(5 * nm, 5 * nm, 20 * nm)
    size = boundary_size_within(20_000, film, sizes, SIDES, Lines())
    assert size is not None and size > 5 * nm
    coarser = MeshSizes(5 * nm, size, 4 * size)
    assert triangulate(film, coarser, electrodes=SIDES).p.shape[1] < 1.3 * 20_000
    assert boundary_size_within(100, film, sizes, SIDES, Lines()) is None


# --- films that are too large -----------------------------------------------------------------------------------------


@pytest.fixture
def no_mesher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is refused has to be refused before a mesh is made."""

    def unexpected(*_: object, **__: object) -> None:
        raise AssertionError("the mesher was started")

    monkeypatch.setattr("scenarios.parts.resolved.triangulate_and_count", unexpected)


def test_a_film_that_is_too_large_is_refused_with_what_would_do(no_mesher: None) -> None:
    film = voronoi(8 * um, 8 * um, grains=500, seed=1)
    sizes, strips = MeshSizes(10 * nm, 10 * nm, 40 * nm), Strips(4 * nm, skin=15 * nm)
    uniform = UniformFilm(GRAIN, BOUNDARY, 4 * nm, 300.0, PREFACTOR)
    with pytest.raises(ValueError, match="too large to resolve") as refusal:
        NodeBudget(instead=uniform).meshed(film, sizes, 60 * nm, electrodes=SIDES, boundaries=strips)
    message = str(refusal.value)
    found, limit = (int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d,\d{3}", message)[:2])
    assert found == pytest.approx(estimated_nodes(film, sizes, SIDES, strips), rel=0.05, abs=0.0) and limit == 400_000
    for way in ("fewer grains", "boundaries as lines", "a uniform film with", "raise the limit"):
        assert way in message, way
    with pytest.raises(
        ValueError, match=r"the limit is 30,000.* larger cells at grain boundaries \(\d+ nm, now 10 nm\)"
    ) as refusal:
        NodeBudget(limit=30_000).meshed(film, sizes, 60 * nm, electrodes=SIDES)
    assert "uniform" not in str(refusal.value) and "as lines" not in str(refusal.value)


def test_grains_that_no_mesh_could_hold_are_not_even_grown() -> None:
    with pytest.raises(ValueError, match=r"11,111,111 grains is too large to resolve .*homogenised_diffusivity"):
        voronoi(1000 * um, 1000 * um, grain_size=300 * nm)


def test_the_uniform_film_has_the_diffusivity_of_its_grains_and_boundaries() -> None:
    film = voronoi(3 * um, 2 * um, grains=80, seed=2)
    grain, boundary = (PREFACTOR * np.exp(-energy / (boltzmann * 300.0)) for energy in (GRAIN, BOUNDARY))
    expected = homogenised_diffusivity(grain, boundary, 4 * nm, 2 * 6 * um * um / film.grain_boundary_length)
    offer = UniformFilm(GRAIN, BOUNDARY, 4 * nm, 300.0, PREFACTOR).instead_of(film)
    value, lower, upper = (float(number) for number in re.findall(r"[\d.]+e-\d+", offer))
    assert value == pytest.approx(expected.value, rel=0.05, abs=0.0)
    assert (lower, upper) == pytest.approx((expected.lower, expected.upper), rel=0.05, abs=0.0)
    assert grain <= lower * 1.05 and lower <= value <= upper < boundary


def test_a_large_film_is_warned_of_in_the_record() -> None:
    film, sizes = voronoi(0.5 * um, 0.4 * um, grains=4, seed=1), MeshSizes(10 * nm, 20 * nm, 40 * nm)
    calm = meshed(film, sizes, 60 * nm, electrodes=SIDES).report
    large = NodeBudget(comfortable=100).meshed(film, sizes, 60 * nm, electrodes=SIDES).report
    assert calm["warnings"] == []
    assert isinstance(large["warnings"], list) and "more than the 100" in large["warnings"][0]


def test_a_film_that_misses_its_target_is_warned_of_in_the_record() -> None:
    lonely = replace(laguerre(300 * nm, 300 * nm, Lognormal(300 * nm, 0.4)), warnings=("drawn from memory",))
    record = meshed(lonely, MeshSizes(10 * nm, 20 * nm, 40 * nm), 60 * nm, electrodes=SIDES).report
    assert isinstance(record["warnings"], list)
    assert [one.split(" is ")[0] for one in record["warnings"]] == [
        "drawn from memory", "the mean grain diameter", "the spread of grain diameters"
    ]  # fmt: skip


def test_the_limit_is_an_option_of_the_measured_film(no_mesher: None, command_line: CommandLine) -> None:
    answer = command_line("lateral_bias", "--node-limit", "1000", "--crop", "1um", "--boundaries", "strips")
    assert (
        answer.code == 2 and "the limit is 1,000" in answer.err and "a uniform film with the diffusivity" in answer.err
    )


def test_middle_part_of_a_map_is_its_middle() -> None:
    whole, part = measured_film(MAP, None, None), measured_film(MAP, None, 1 * um)
    assert (part.width, part.height) == pytest.approx((1 * um, 1 * um), abs=2 * 5.6 * nm)
    assert (whole.width, whole.height) == pytest.approx((2.858 * um, 3.830 * um), abs=1 * nm)
    wide = measured_film(MAP, None, 3 * um)
    assert (wide.width, wide.height) == pytest.approx((2.858 * um, 3 * um), abs=2 * 5.6 * nm)
    larger = measured_film(MAP, 10 * nm, None)
    assert larger.width == pytest.approx(5.12 * um)
    corner = np.array([whole.width - part.width, whole.height - part.height]) / 2
    size = np.array([part.width, part.height])
    inner = ((part.vertices > 0.2 * size) & (part.vertices < 0.8 * size)).all(axis=1)
    away = cKDTree(whole.vertices).query(part.vertices[inner] + corner)[0]
    assert np.median(away) < 5.6 * nm  # the crop is rounded to whole pixels
