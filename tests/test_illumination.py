"""Light: what a film absorbs, where a spot lies, and intensity over time."""

from math import exp, log, pi

import numpy as np
import pytest
from skfem import MeshTri
from verification import Order, Verification, observed_order

from fem.constants import nm, um
from fem.fields import Field, resolve
from fem.numerics.control_volumes import ControlVolumes
from fem.physics.drives.protocol import hold, pulse_train, ramp, rest
from fem.physics.light.illumination import (
    ONE_SUN_PHOTON_FLUX,
    BeerLambert,
    Focused,
    GaussianSpot,
    Side,
    Uniform,
    laser_photon_flux,
    light_protocol,
    photon_flux,
)

FLUX, ALPHA, DEPTH = 1.4e21, 1.3e7, 400 * nm


def absorbed(mesh: MeshTri, field: Field) -> float:
    """Pairs per time and length across the picture [1/(m s)], as the control volumes count them."""
    volumes = ControlVolumes.of(mesh)
    regions = {name: np.asarray(cells, dtype=np.int64) for name, cells in (mesh.subdomains or {}).items()}
    rates = resolve(field, mesh.p[:, mesh.t].mean(axis=1), regions, "generation")
    return float(volumes.node_integrals(rates).sum())


def irregular(width: float, height: float, cells: int) -> MeshTri:
    """Jittered triangles of about height / cells."""
    mesh = MeshTri.init_tensor(
        np.linspace(0, width, round(cells * width / height) + 1), np.linspace(0, height, cells + 1)
    )
    inner = np.setdiff1d(np.arange(mesh.p.shape[1]), mesh.boundary_nodes())
    points = mesh.p.copy()
    jitter = np.random.default_rng(cells).uniform(-0.2, 0.2, (2, len(inner)))
    points[:, inner] += jitter * height / cells
    return MeshTri(points, mesh.t)


@pytest.mark.parametrize("side", ["left", "right", "bottom", "top"])
def test_a_film_absorbs_what_enters_and_does_not_leave(side: Side, verify: Verification) -> None:
    """Incoming photons times 1 - exp(-alpha d) on irregular meshes, to second order in the cell size."""
    upright = side in ("bottom", "top")
    width, height = (600 * nm, DEPTH) if upright else (DEPTH, 600 * nm)
    surface = DEPTH if side in ("right", "top") else 0.0
    light = BeerLambert(FLUX, ALPHA, surface, side)
    expected = 600 * nm * FLUX * (1 - exp(-ALPHA * DEPTH))
    sizes = (8, 16, 32, 64)
    found = [absorbed(irregular(width, height, n), light) for n in sizes]
    errors = [abs(value / expected - 1) for value in found]
    order = Order(observed_order([1 / n for n in sizes], errors), 1.9)
    quantity = f"light from the {side}: absorbed photons per time over flux times 1 - exp(-alpha d)"
    verify(id="D13", quantity=quantity, measured=found[-1] / expected, expected=1.0, tolerance=2e-3, order=order)


def test_no_light_is_absorbed_before_the_surface_nor_in_transparent_layers() -> None:
    mesh = irregular(400 * nm, 600 * nm, 24)
    heights = mesh.p[1, mesh.t].mean(axis=0)
    film, layer = np.flatnonzero(heights < DEPTH), np.flatnonzero(heights >= DEPTH)
    light = BeerLambert(FLUX, ALPHA, DEPTH, "top")
    named = mesh.with_subdomains({"grain_interior": film, "etl": layer})
    assert absorbed(named, {"grain_interior": light, "etl": 0.0}) == pytest.approx(
        absorbed(mesh, light), rel=1e-12, abs=0.0
    )
    assert (light(np.zeros(3), np.array([DEPTH, DEPTH + nm, 0.0])) > 0).tolist() == [True, False, True]


def test_a_spot_in_plan_view_carries_its_photons(verify: Verification) -> None:
    """A beam of known photons per time on a film of known depth makes that many pairs, wherever it points."""
    spot = GaussianSpot(0.5 * um, 1.2 * um, 0.9 * um)
    photons = 1e9
    light = Focused(Uniform.absorbed(spot.peak_flux(photons), ALPHA, DEPTH), spot)
    mesh = irregular(2.4 * um, 2 * um, 60)
    pairs = DEPTH * absorbed(mesh, light)
    expected = photons * (1 - exp(-ALPHA * DEPTH))
    quantity = "focused spot from above: pairs per time over absorbed photons per time"
    verify(id="D13", quantity=quantity, measured=pairs / expected, expected=1.0, tolerance=1e-3)
    rates = light(*mesh.p)
    assert np.linalg.norm(mesh.p[:, rates.argmax()] - [1.2 * um, 0.9 * um]) < 40 * nm
    half = light(np.array([1.2 * um, 1.45 * um, 1.2 * um]), np.array([0.9 * um, 0.9 * um, 0.65 * um]))
    assert half[1:] / half[0] == pytest.approx([0.5, 0.5], rel=1e-12, abs=0.0)


def test_a_spot_in_cross_section_is_the_product_of_both_profiles() -> None:
    spot = GaussianSpot(300 * nm, 1 * um)
    light = Focused(BeerLambert(FLUX, ALPHA, DEPTH), spot)
    expected = FLUX * (1 - exp(-ALPHA * DEPTH)) * spot.standard_deviation * (2 * pi) ** 0.5
    assert absorbed(irregular(2 * um, DEPTH, 40), light) == pytest.approx(expected, rel=2e-3, abs=0.0)
    depth = log(2) / ALPHA
    there = light(np.array([1 * um, 1.15 * um]), np.array([DEPTH, DEPTH - depth]))
    assert there == pytest.approx([FLUX * ALPHA, FLUX * ALPHA / 4], rel=1e-12, abs=0.0)


def test_photon_fluxes() -> None:
    assert photon_flux(0.1) == pytest.approx(0.1 * ONE_SUN_PHOTON_FLUX)
    assert laser_photon_flux(1000.0, 532 * nm) == pytest.approx(
        1000.0 / 3.73393e-19, rel=1e-5, abs=0.0
    )  # 2.33 eV photons
    mean = Uniform.absorbed(FLUX, ALPHA, DEPTH)(np.zeros(2), np.zeros(2))
    assert mean == pytest.approx(FLUX * (1 - exp(-5.2)) / DEPTH)


def test_intensity_over_time() -> None:
    drive = light_protocol([rest(1.0), pulse_train(1.0, 1e-9, 1e-6, 3), ramp(0.5, 1.0), hold(0.5, 1.0)])
    assert drive.breakpoints(0.5, 2.5) == pytest.approx(
        [1.0, 1.0 + 1e-9, 1.0 + 1e-6, 1.000001001, 1.000002, 1.000002001, 1.000003, 2.000003], abs=1e-15
    )
    assert [drive(t) for t in (0.5, 1.0 + 5e-10, 1.0 + 2e-9, 1.500003, 9.0)] == pytest.approx([0, 1, 0, 0.25, 0.5])
    assert light_protocol([hold(1.0, 1.0)], initial=1.0)(-1.0) == 1.0
    assert "full light" in drive.description


def test_bad_light_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="absorption coefficient must be greater than zero, got 0 1/m"):
        BeerLambert(FLUX, 0.0, DEPTH)
    with pytest.raises(ValueError, match="side from which light comes 'above' does not exist; available"):
        BeerLambert(FLUX, ALPHA, DEPTH, "above")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="width of a light spot must be greater than zero"):
        GaussianSpot(0.0, 0.0)
    with pytest.raises(ValueError, match="generation rate must not be negative"):
        Uniform(-1.0)
    with pytest.raises(ValueError, match="lowest light intensity of a protocol must not be negative, got -1"):
        light_protocol([hold(1.0, 1.0), ramp(-1.0, 1.0)])
