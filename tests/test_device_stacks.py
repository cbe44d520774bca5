"""Devices: layers and electrodes around a film, in meshes that conform, are fine where asked and never fail."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mesh_measures import areas_of, length_of
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve
from scipy.special import ellipk
from skfem import MeshTri
from verification import Verification

from fem.constants import vacuum_permittivity
from fem.fields import Array, resolve
from fem.numerics.control_volumes import ControlVolumes
from meshes import (
    Lines,
    MeshSizes,
    Polycrystal,
    Strips,
    check_contract,
    columnar,
    laguerre,
    layered,
    triangulate,
    voronoi,
)
from meshes.devices.layer_heights import graded_rows
from meshes.devices.stack import StackMesh, mesh_stack
from meshes.devices.stack_layers import Layer, Metal, Stack
from meshes.devices.stack_report import stack_report
from meshes.grains.grain_sizes import Lognormal
from meshes.grains.periodic import periodic_laguerre
from meshes.pinholes import with_pinholes

um, nm = 1e-6, 1e-9
SIZES = MeshSizes(electrode=1 * nm, boundary=20 * nm, interior=60 * nm)


def cell(film: Polycrystal) -> Stack:
    """Glass side down: a contact, a hole transport layer of 10 nm, the film, an electron transport layer."""
    return Stack(film, (Layer("ito", 20 * nm), Layer("htl", 10 * nm, cell=0.5 * nm)), (Layer("etl", 30 * nm),))


def lateral(film: Polycrystal, first: float, gap: float, edge_cell: float | None = 4 * nm) -> Stack:
    """Two strips under a film, from the left side to `first` and from `first + gap` on for 0.4 um."""
    start = first + gap
    metals = (Metal("source", 0.0, first, edge_cell), Metal("drain", start, start + 0.4 * um, edge_cell))
    substrate = (Layer("substrate", 2 * um, open=True), Layer("substrate", 40 * nm, metals=metals))
    return Stack(film, substrate, (Layer("air", 1 * um, open=True),))


def test_a_cell_has_its_layers_and_interfaces_and_conforms() -> None:
    film = columnar(1 * um, 400 * nm, grain_size=200 * nm, seed=1)
    stack = cell(film)
    device = mesh_stack(stack, SIZES)
    mesh, report = device.mesh, stack_report(device, stack, debye_length=4 * nm)
    assert report.non_delaunay == 0
    assert report.area_errors == pytest.approx(dict.fromkeys(("ito", "htl", "film", "etl"), 0.0), abs=1e-9)
    faces = ["bottom", "interface_ito_htl", "interface_htl_film", "interface_film_etl", "top"]
    assert [length_of(mesh, name) for name in faces] == pytest.approx([film.width] * 5, rel=1e-9, abs=0.0)
    heights = [mesh.p[1, mesh.facets[:, mesh.boundaries[name]]] for name in faces]
    assert [np.ptp(one) for one in heights] == pytest.approx([0.0] * 5, abs=1e-18)
    assert [one.mean() for one in heights] == pytest.approx([-30 * nm, -10 * nm, 0, 400 * nm, 430 * nm], abs=1e-15)
    sides = ("left", "right", "bottom", "top")
    assert np.array_equal(np.sort(np.concatenate([mesh.boundaries[side] for side in sides])), mesh.boundary_facets())
    assert report.first_cells["interface_htl_film"] <= 1.0001 * nm
    assert np.diff(np.unique(mesh.p[1][(mesh.p[1] <= 0) & (mesh.p[1] >= -10 * nm)].round(14))).min() >= 0.4 * nm
    assert device.film.p.shape[1] < mesh.p.shape[1] < 3 * device.film.p.shape[1]
    assert check_contract(mesh).max() == film.n_grains - 1
    assert report.as_dict()["device"]


@pytest.mark.parametrize("boundaries", [Lines(), Strips(4 * nm)])
def test_the_film_in_a_device_is_the_film_alone(boundaries: Lines | Strips) -> None:
    """Layers neither move a node of the film nor change a name in it."""
    film = layered(1 * um, 400 * nm, grains=4, seed=2)
    alone = triangulate(film, SIZES, electrodes=("bottom", "top"), boundaries=boundaries)
    mesh = mesh_stack(cell(film), SIZES, boundaries=boundaries).mesh
    assert np.array_equal(mesh.p[:, : alone.p.shape[1]], alone.p)
    for name, cells in alone.subdomains.items():
        assert np.array_equal(np.sort(mesh.t[:, mesh.subdomains[name]], axis=0), np.sort(alone.t[:, cells], axis=0))
    sides = ("left", "right", "bottom", "top")
    for name, facets in alone.boundaries.items():
        there = mesh.boundaries[f"film_{name}" if name in sides else name]
        assert {tuple(ends) for ends in mesh.facets[:, there].T} == {tuple(ends) for ends in alone.facets[:, facets].T}
    assert np.array_equal(np.sort(np.unique(check_contract(mesh))), np.arange(-1, film.n_grains))


def test_electrodes_end_where_they_should_and_their_whole_surface_is_theirs() -> None:
    stack = lateral(layered(2 * um, 400 * nm, grains=8, seed=1), 0.7 * um, 0.5 * um)
    device = mesh_stack(stack, SIZES, free_surfaces=("top",))
    mesh, report = device.mesh, stack_report(device, stack, debye_length=4 * nm)
    assert report.non_delaunay == 0
    assert report.area_errors == pytest.approx(dict.fromkeys(("substrate", "film", "air"), 0.0), abs=1e-9)
    assert length_of(mesh, "source") == pytest.approx(2 * 0.7 * um + 40 * nm, rel=1e-9, abs=0.0)  # its outer end is cut
    assert length_of(mesh, "drain") == pytest.approx(2 * 0.4 * um + 2 * 40 * nm, rel=1e-9, abs=0.0)
    assert length_of(mesh, "interface_substrate_film") == pytest.approx(0.9 * um, rel=1e-9, abs=0.0)
    assert length_of(mesh, "interface_film_air") == pytest.approx(2 * um, rel=1e-9, abs=0.0)
    assert np.array_equal(mesh.boundaries["surface_lines"], mesh.boundaries["film_top"])
    on_face = np.sort(mesh.p[0, np.unique(mesh.facets[:, mesh.boundaries["film_bottom"]])])
    for end in (0.7 * um, 1.2 * um, 1.6 * um):
        assert np.abs(on_face - end).min() < 1e-15
        place = int(np.abs(on_face - end).argmin())
        assert np.diff(on_face)[place - 1 : place + 1] == pytest.approx([4 * nm] * 2, rel=0.3, abs=0.0)
    assert report.first_cells["interface_substrate_film"] <= 1.0001 * nm
    assert report.first_cells["source"] <= 4.0001 * nm  # at its ends
    substrate = np.unique(mesh.p[1][mesh.p[1] < -40 * nm].round(13))
    assert np.diff(substrate)[0] > 100 * nm  # coarse far below
    growth = np.diff(substrate)[:-1] / np.diff(substrate)[1:]
    assert growth.max() <= SIZES.growth * 1.001


def test_a_grain_boundary_close_to_the_end_of_an_electrode_ends_there() -> None:
    film = columnar(2 * um, 400 * nm, grain_size=250 * nm, seed=3)
    wall = float(np.sort(film.vertices[film.vertices_along("bottom"), 0])[3])
    device = mesh_stack(lateral(film, wall + 2 * nm, 0.5 * um), SIZES)
    lines = device.mesh.facets[:, device.mesh.boundaries["grain_boundary_lines"]]
    x, y = device.mesh.p[:, np.unique(lines)]
    assert np.abs(x[y == 0] - (wall + 2 * nm)).min() < 1e-15
    assert np.abs(x[y == 0] - wall).min() > 1.9 * nm


def films(seed: int) -> Polycrystal:
    kind = seed % 5
    if kind == 0:
        return columnar(2 * um, 400 * nm, grain_size=200 * nm, seed=seed)
    if kind == 1:
        return layered(2 * um, 500 * nm, grains=8, layers=3, seed=seed)
    if kind == 2:
        return voronoi(2 * um, 600 * nm, grain_size=220 * nm, seed=seed)
    grown = laguerre(2 * um, 600 * nm, Lognormal(250 * nm, 0.4), seed=seed)
    return with_pinholes(grown, Lognormal(60 * nm, 0.2), area_share=0.02, seed=seed) if kind == 3 else grown


def meshed_at_random(seed: int) -> tuple[Stack, StackMesh]:
    """Device `seed`: any film, strips or lines, a vertical or a lateral device with its electrodes anywhere."""
    generator = np.random.default_rng(seed)
    film = films(seed)
    strips = Strips(4 * nm) if seed % 5 in (0, 1) and seed % 2 else Lines()
    if seed % 3 == 0:
        stack = cell(film)
    else:
        edge = float(generator.uniform(2, 12)) * nm
        first, gap = (generator.uniform(0.25, 0.75, 2) * um).tolist()
        stack = lateral(film, first, gap, edge)
    return stack, mesh_stack(stack, SIZES, boundaries=strips)


def check_random(seeds: Iterable[int]) -> float:
    """Largest error of an area of the devices, after everything else was asserted."""
    worst = 0.0
    for seed in seeds:
        stack, device = meshed_at_random(seed)
        report = stack_report(device, stack, debye_length=4 * nm)
        assert report.non_delaunay == 0, seed
        assert report.film.grain_pieces >= report.film.grains == stack.film.n_grains, seed
        layers = [abs(error) for name, error in report.area_errors.items() if name != "film"]
        assert abs(report.area_errors["film"]) < 2e-3, seed  # rims of pinholes change a little
        worst = max(worst, *layers)
    return worst


def test_devices_of_many_kinds_are_meshed(verify: Verification) -> None:
    worst = check_random((0, 2, 4))
    verify(id="G2", quantity="3 random devices: largest area error of a layer", measured=worst, expected=0.0,
           tolerance=1e-9)  # fmt: skip


@pytest.mark.slow
def test_no_device_fails(verify: Verification) -> None:
    worst = check_random(range(100))
    verify(id="G2", quantity="100 random devices: largest area error of a layer", measured=worst, expected=0.0,
           tolerance=1e-9)  # fmt: skip


def test_a_device_around_a_film_without_ends_keeps_facing_nodes() -> None:
    film = periodic_laguerre(1 * um, 500 * nm, Lognormal(200 * nm, 0.3), along="x", seed=1)
    mesh = mesh_stack(cell(film), SIZES).mesh
    left, right = (np.sort(mesh.p[1, np.unique(mesh.facets[:, mesh.boundaries[side]])]) for side in ("left", "right"))
    assert np.array_equal(left, right)


def charges(
    mesh: MeshTri, permittivity: dict[str, float], potentials: dict[str, float]
) -> tuple[Array, dict[str, float]]:
    """Potential [V] without space charge, and the charge [C/m] on each electrode."""
    volumes = ControlVolumes.of(mesh)
    regions = {name: np.asarray(cells, dtype=np.int64) for name, cells in mesh.subdomains.items()}
    cells = resolve(permittivity, mesh.p[:, mesh.t].mean(axis=1), regions, "permittivity")
    weights, (i, j) = volumes.edge_weights(vacuum_permittivity * cells), volumes.nodes
    rows, columns = np.concatenate([i, j, i, j]), np.concatenate([i, j, j, i])
    matrix = coo_array((np.concatenate([weights, weights, -weights, -weights]), (rows, columns))).tocsr()
    phi, fixed = np.zeros(mesh.p.shape[1]), np.zeros(mesh.p.shape[1], dtype=bool)
    nodes = {name: np.unique(mesh.facets[:, mesh.boundaries[name]]) for name in potentials}
    for name, value in potentials.items():
        phi[nodes[name]], fixed[nodes[name]] = value, True
    phi[~fixed] = spsolve(matrix[~fixed][:, ~fixed].tocsc(), -matrix[~fixed][:, fixed] @ phi[fixed])
    residual = matrix @ phi
    return phi, {name: float(residual[numbers].sum()) for name, numbers in nodes.items()}


def test_layers_are_capacitors_in_series(verify: Verification) -> None:
    """Between bottom and top the potential is piecewise linear, and exactly so if meshes conform."""
    film = voronoi(1 * um, 400 * nm, grains=10, seed=1)
    mesh = mesh_stack(cell(film), SIZES).mesh
    permittivity = {"ito": 9.0, "htl": 3.0, "film": 24.1, "etl": 10.0}
    phi, charge = charges(mesh, permittivity, {"bottom": 0.0, "top": 1.0})
    thickness = {"ito": 20 * nm, "htl": 10 * nm, "film": 400 * nm, "etl": 30 * nm}
    parts = np.array([thickness[name] / permittivity[name] for name in thickness])
    expected = film.width * vacuum_permittivity / parts.sum()
    verify(id="D6", quantity="capacitance of a film between three layers over that of capacitors in series",
           measured=charge["top"] / expected, expected=1.0, tolerance=1e-9)  # fmt: skip
    for name, share in zip(("ito_htl", "htl_film", "film_etl"), np.cumsum(parts)[:-1] / parts.sum(), strict=True):
        on_interface = phi[np.unique(mesh.facets[:, mesh.boundaries[f"interface_{name}"]])]
        assert on_interface == pytest.approx(np.full(len(on_interface), share), rel=1e-8, abs=0.0)


def test_strips_under_a_film_have_the_capacitance_of_coplanar_strips(verify: Verification) -> None:
    """Thin strips between half-spaces: ``C = eps_0 (eps_1 + eps_2) / 2 K(k') / K(k)``, k the gap over the outer width.

    Conformal mapping; see Gevorgian, Linner and Kollberg, IEEE Trans. Microw. Theory Tech. 43, 772 (1995),
    doi:10.1109/22.375223. Film and substrate of 10 um stand for the half-spaces.
    """
    film = columnar(20 * um, 10 * um, grains=4, seed=1)
    metals = (Metal("source", 9 * um, 9.8 * um, 2 * nm), Metal("drain", 10.2 * um, 11 * um, 2 * nm))
    below = (Layer("substrate", 10 * um, open=True), Layer("substrate", 1 * nm, metals=metals))
    device = mesh_stack(Stack(film, below), MeshSizes(2 * nm, 200 * nm, 1 * um), electrodes=("bottom",))
    phi, charge = charges(device.mesh, {"film": 24.1, "substrate": 3.9}, {"source": 0.0, "drain": 1.0})
    k = 0.2
    expected = vacuum_permittivity * (24.1 + 3.9) / 2 * ellipk(1 - k**2) / ellipk(k**2)
    assert charge["source"] == pytest.approx(-charge["drain"], rel=1e-9, abs=0.0)
    assert -1e-12 <= phi.min() <= phi.max() <= 1 + 1e-12
    verify(id="D6", quantity="capacitance of two strips between film and substrate over that of coplanar strips",
           measured=charge["drain"] / expected, expected=1.0, tolerance=0.02)  # fmt: skip


@settings(deadline=None)
@given(
    thickness=st.floats(1e-10, 1e-4),
    lower=st.none() | st.floats(1e-10, 1e-6),
    upper=st.none() | st.floats(1e-10, 1e-6),
    largest=st.floats(1e-9, 1e-5),
    growth=st.floats(1.05, 2.0),
)
def test_rows_of_a_layer_add_up_and_grow_no_faster_than_asked(
    thickness: float, lower: float | None, upper: float | None, largest: float, growth: float
) -> None:
    largest = max(largest, thickness / 1000)
    heights = graded_rows(thickness, lower, upper, largest, growth)
    assert heights.sum() == pytest.approx(thickness, rel=1e-12, abs=0.0)
    assert heights.min() > 0
    assert heights.max() <= largest * (1 + 1e-9)
    assert heights[0] <= (lower or np.inf) * (1 + 1e-9)
    assert heights[-1] <= (upper or np.inf) * (1 + 1e-9)
    assert all(1 / growth - 1e-9 <= b / a <= growth + 1e-9 for a, b in pairwise(heights))


def test_bad_stacks_are_refused_by_name() -> None:
    film = columnar(1 * um, 400 * nm, grains=4, seed=1)

    def refused(message: str, *layers: Layer) -> None:
        with pytest.raises(ValueError, match=message):
            mesh_stack(Stack(film, layers), SIZES)

    with pytest.raises(ValueError, match="layer cannot be named 'film_top': the mesh of the film uses that name"):
        Layer("film_top", 10 * nm)
    with pytest.raises(ValueError, match="name of a layer must be lower-case letters, digits and underscores"):
        Layer("SnO2 layer", 10 * nm)
    with pytest.raises(ValueError, match=r"layer 'glass' is 0\.001 m thick, more than 0\.0001 m"):
        Layer("glass", 1e-3)
    with pytest.raises(ValueError, match="electrode 'gate' must end behind its start"):
        Metal("gate", 2 * um, 1 * um)
    a, b = Metal("a", 0.0, 0.5 * um), Metal("b", 0.5 * um, 0.7 * um)
    refused("electrodes 'a' and 'b' touch", Layer("oxide", 10 * nm, metals=(a, b)))
    refused("the name 'a' is given twice", Layer("oxide", 10 * nm, metals=(a, Metal("a", 0.6 * um, 0.8 * um))))
    refused("electrode 'c' reaches out of the film", Layer("oxide", 10 * nm, metals=(Metal("c", 0.6 * um, 2 * um),)))
    refused("layer 'oxide' is all metal", Layer("oxide", 10 * nm, metals=(Metal("c", 0.0, 1 * um),)))
    with pytest.raises(ValueError, match="layers need grain boundaries with one side"):
        mesh_stack(cell(film), SIZES, boundaries=Lines(two_sided=True))
    with pytest.raises(ValueError, match=r"electrode 'd' ends at x = 30\.0 nm, where the mesh has no node"):
        metal = Metal("d", 30 * nm, 0.5 * um)
        sides = ("left", "right", "bottom", "top")
        mesh_stack(Stack(film, (Layer("oxide", 9 * nm, metals=(metal,)),)), SIZES, electrodes=sides)


def test_a_users_own_device_is_checked_name_by_name() -> None:
    mesh = mesh_stack(cell(columnar(1 * um, 400 * nm, grains=4, seed=1)), SIZES).mesh
    names = dict(mesh.subdomains)
    assert areas_of(mesh)[check_contract(mesh) >= 0].sum() == pytest.approx(0.4 * um**2)

    def refused(message: str, **changes: np.ndarray) -> None:
        with pytest.raises(ValueError, match=message):
            check_contract(MeshTri(mesh.p, mesh.t).with_boundaries(mesh.boundaries).with_subdomains(names | changes))

    refused(f"{len(names['etl'])} triangles outside the film belong to no subdomain", etl=np.empty(0, dtype=np.int64))
    refused("grains reach out of the subdomain 'film'", film=names["film"][1:])
    refused("1 triangles belong to no grain", film=np.append(names["film"], names["etl"][0]))
