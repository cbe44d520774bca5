"""Draws the pictures of lateral_versus_vertical into docs/images: ``python docs/figures/lateral_versus_vertical.py``.

They are those of its report. The study is run into results/lateral_versus_vertical first if it is not there; the folder
of another run of it can be given instead.
"""

import sys
from pathlib import Path

from drawing import IMAGES
from PIL import Image

from command_line.app import main as run

NAME = "lateral_versus_vertical"
PICTURES = {"maps_same_time.png": f"{NAME}.png", "transfer.png": f"{NAME}_factors.png"}
WIDTH = 1300  # pixels


def main(images: Path = IMAGES, folder: Path = Path("results", NAME)) -> None:
    """Make the pictures of the study in `folder`."""
    if not (folder / "report.html").is_file():
        run([NAME, "--out", str(folder)])
    for source, target in PICTURES.items():
        with Image.open(folder / "figures" / source) as picture:
            height = round(picture.height * WIDTH / picture.width)
            small = picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(256).save(images / target, optimize=True)


if __name__ == "__main__":
    main(folder=Path(*sys.argv[1:2] or ["results", NAME]))
