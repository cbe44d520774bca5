"""A camera blurs a map and averages it over pixels; it neither darkens the edge of a film nor loses light."""

import numpy as np
import pytest
from irregular_films import rectangle

from fem.constants import nm, um
from fem.observables.camera import Camera

MESH = rectangle(np.linspace(0, 4, 81) * um, np.linspace(0, 2, 41) * um)
X, Y = MESH.p
CORNERS = MESH.t.T.astype(np.int64)


def test_an_even_film_looks_even_up_to_its_edge() -> None:
    picture = Camera(100 * nm, 400 * nm).image(MESH.p, CORNERS, np.full(X.size, 3.0))
    assert picture.shape == (20, 40)
    np.testing.assert_allclose(picture, 3.0, rtol=1e-12)


def test_pixels_hold_the_mean_over_their_area() -> None:
    picture = Camera(500 * nm).image(MESH.p, CORNERS, X)
    np.testing.assert_allclose(picture, np.tile((np.arange(8) + 0.5) * 0.5 * um, (4, 1)), rtol=1e-12)


def test_a_narrow_spot_is_seen_as_wide_as_the_optics_are() -> None:
    width = 600 * nm
    spot = np.exp(-((X - 2 * um) ** 2 + (Y - 1 * um) ** 2) / (2 * (100 * nm) ** 2))
    camera = Camera(50 * nm, width)
    picture = camera.image(MESH.p, CORNERS, spot)
    x = (np.arange(picture.shape[1]) + 0.5) * 50 * nm
    middle = picture[19]
    spread = np.sqrt(np.average((x - np.average(x, weights=middle)) ** 2, weights=middle))
    expected = np.hypot(100 * nm, width / 2.3548)
    assert spread == pytest.approx(expected, rel=0.02, abs=0.0)


def test_the_film_beside_the_picture_is_not_seen() -> None:
    picture = Camera(1.5 * um).image(MESH.p, CORNERS, np.ones(X.size))
    assert picture.shape == (2, 3) and np.isfinite(picture).all()  # the last pixels are partly beside the film


@pytest.mark.parametrize(
    ("pixel", "resolution", "message"),
    [(0.0, 0.0, "pixel size"), (100 * nm, -1.0, "resolution"), (0.1 * nm, 0.0, "more than 4000 samples")],
)
def test_cameras_that_cannot_be_are_refused(pixel: float, resolution: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Camera(pixel, resolution).image(MESH.p, CORNERS, X)
