"""The main pictures look as they did when somebody last looked at them.

After a change that is meant: ``python tests/test_baseline_images.py`` draws the baselines anew; look at them.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from films_for_results import IDENTITY, two_grains
from PIL import Image

from fem.comparison.compare import compare
from fem.pictures.still import Still
from fem.results.record import run_scenario

BASELINES = Path(__file__).parent / "data" / "baselines"
OF_A_RUN = ("microstructure.png", "maps.png", "traces.png", "profiles.png", "still.png")
OF_A_COMPARISON = {"compared_maps.png": "maps_same_time.png", "compared_traces.png": "traces.png"}
PICTURES = (*OF_A_RUN, *OF_A_COMPARISON)
SHARE = 4  # pixels of a baseline per pixel drawn, in each direction: letters may be drawn a little otherwise elsewhere
TOLERANCE = 4.0  # of 255, root mean square


def drawn(folder: Path) -> dict[str, np.ndarray]:
    """The main pictures, smaller, shape (rows, columns, 3)."""
    run, upright = folder / "run", folder / "upright"
    run_scenario(two_grains(), IDENTITY, run)
    run_scenario(two_grains(electrodes=("bottom", "top")), IDENTITY, upright)
    compare([run, upright], folder / "compared")
    Still.of(run, width=60e-3).draw(run / "figures" / "still.png", 0.1)
    places = {name: run / "figures" / name for name in OF_A_RUN}
    places |= {name: folder / "compared" / "figures" / own for name, own in OF_A_COMPARISON.items()}
    found = {}
    for name, path in places.items():
        with Image.open(path) as picture:
            found[name] = np.asarray(picture.convert("RGB").reduce(SHARE))
    return found


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return drawn(tmp_path_factory.mktemp("baselines"))


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Root mean square of what two pictures differ by; infinite for other sizes."""
    if one.shape != other.shape:
        return float("inf")
    return float(np.sqrt(np.mean((one.astype(float) - other) ** 2)))


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_look_as_before(name: str, pictures: dict[str, np.ndarray]) -> None:
    with Image.open(BASELINES / name) as picture:
        assert apart(pictures[name], np.asarray(picture)) < TOLERANCE


def test_the_comparison_notices_a_shift_and_a_lost_label(pictures: dict[str, np.ndarray]) -> None:
    maps = pictures["maps.png"]
    assert apart(maps, np.roll(maps, 2, axis=1)) > TOLERANCE
    blank = maps.copy()
    blank[:, -maps.shape[1] // 8 :] = 255  # the last colour bars
    assert apart(maps, blank) > TOLERANCE


if __name__ == "__main__":
    BASELINES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary:
        for label, pixels in drawn(Path(temporary)).items():
            Image.fromarray(pixels).save(BASELINES / label, optimize=True)
    sys.stdout.write(f"wrote {', '.join(PICTURES)} to {BASELINES}\n")
