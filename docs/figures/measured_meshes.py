"""Draws docs/images/measured_meshes.png: ``python docs/figures/measured_meshes.py``.

The measured maps with the grain boundaries of their meshes over the micrographs, boundaries as lines on the whole map,
and below a piece of each with the triangles around boundaries that are meshed as strips.
"""

from pathlib import Path

import numpy as np
from drawing import IMAGES, empty, reduced
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from skfem import MeshTri

from fem.constants import nm, um
from meshes import GrainMap, Lines, MeshSizes, Strips, triangulate
from meshes.measured.grain_image import GrainImage
from meshes.measured.image_file import read_picture, window
from meshes.measured.overlay import boundary_segments

MAPS = Path(__file__).parents[2] / "data" / "grain_maps"
SIZES = MeshSizes(electrode=15 * nm, boundary=15 * nm, interior=60 * nm)
PIECE = 0.4 * um
CASES = (  # map, micrograph, pixel size [m], centre of the piece in shares of width and height
    ("perovskite_sem_calibrated", "sem.png", 5.5825 * nm, (0.45, 0.5)),
    ("perovskite_sem_masked", "sem.png", 4 * nm, (0.5, 0.5)),
    ("ebsd_ni_superalloy", "band_contrast.png", 11.7 * nm, (0.42, 0.55)),
)


def main(images: Path = IMAGES) -> None:
    """Draw the picture."""
    figure = empty((10.2, 7.2))
    above, below = figure.subplots(2, len(CASES))
    for whole, piece, (name, picture, pixel, centre) in zip(above, below, CASES, strict=True):
        image = GrainImage.read(MAPS / name / "labels.png", pixel)
        micrograph = read_picture(MAPS / name / picture, "micrograph")
        mesh = triangulate(GrainMap.of(image).film, SIZES, boundaries=Lines())
        draw(whole, micrograph, mesh, 0.7)
        whole.set_title(f"{name}\n{pixel / nm:.3g} nm a pixel, mesh of {mesh.p.shape[1]:,} nodes", fontsize=8)
        height, width = (pixel * length for length in image.labels.shape)
        left, bottom = centre[0] * width - PIECE / 2, centre[1] * height - PIECE / 2
        crop = (left, left + PIECE, bottom, bottom + PIECE)
        strips = triangulate(GrainMap.of(image.cropped(crop)).film, SIZES, boundaries=Strips(4 * nm, skin=15 * nm))
        shown = micrograph[window(image.labels.shape, crop, pixel)]
        piece.add_collection(PolyCollection(corners(strips), facecolors="none", edgecolors="#4cc9f0", linewidths=0.25))
        draw(piece, shown, strips, 1.0)
        piece.set_title(f"{PIECE / nm:.0f} nm of it with strips of 4 nm", fontsize=8)
    figure.savefig(images / "measured_meshes.png", dpi=110)
    reduced(images / "measured_meshes.png", colours=64)


def draw(axes: Axes, micrograph: np.ndarray, mesh: MeshTri, width: float) -> None:
    """A micrograph with the grain boundaries of the mesh over it."""
    extent = tuple(np.column_stack([np.zeros(2), mesh.p.max(axis=1)]).ravel())
    axes.imshow(micrograph, cmap="gray", extent=extent, interpolation="antialiased")
    axes.add_collection(LineCollection(list(boundary_segments(mesh)), colors="#ff3030", linewidths=width))
    axes.set_axis_off()


def corners(mesh: MeshTri) -> list[np.ndarray]:
    """Corners of the triangles [m]."""
    return list(mesh.p[:, mesh.t].transpose(2, 1, 0))


if __name__ == "__main__":
    main()
