"""EBSD files as the vendors' programs write them, made from a grain map with measured orientations."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from meshes.measured.grain_image import GrainImage

Floats = NDArray[np.float64]

ANG_HEADER = """\
# TEM_PIXperUM          1.000000
# x-star                0.5
# y-star                0.7
# z-star                0.6
# WorkingDistance       15.000000
#
# Phase 1
# MaterialName  \tNickel
# Formula     \tNi
# Info
# Symmetry              43
# LatticeConstants      3.520 3.520 3.520  90.000  90.000  90.000
# NumberFamilies        0
#
# GRID: {grid}
#"""
CTF_HEADER = """\
Channel Text File
Prj unnamed
Author\t[Unknown]
JobMode\tGrid
XCells\t{columns}
YCells\t{rows}
XStep\t{step}
YStep\t{step}
AcqE1\t0
AcqE2\t0
AcqE3\t0
Euler angles refer to Sample Coordinate system (CS0)!
Phases\t2
3.520;3.520;3.520\t90;90;90\tNickel\t11\t225
4.990;4.990;17.064\t90;90;120\tCalcite\t7\t167
Phase\tX\tY\tBands\tError\tEuler1\tEuler2\tEuler3\tMAD\tBC\tBS"""


@dataclass(frozen=True)
class Points:
    """Measured points: positions [um], y downwards; Bunge angles [rad], shape (n, 3); phase, 0 where not indexed."""

    x: Floats
    y: Floats
    angles: Floats
    phase: NDArray[np.int64]


def scan(image: GrainImage, noise: float, *, hexagonal: bool = False, seed: int = 1) -> Points:
    """What a microscope would measure on the grains of `image`, one of the equivalent orientations at every point.

    Orientations scatter by rotations of `noise` [rad] about each axis. Rows of a hexagonal grid are a pixel apart.
    """
    rows, columns = image.labels.shape
    j, i = np.meshgrid(np.arange(columns), np.arange(rows))
    x, y = j.ravel().astype(float), i.ravel().astype(float)
    if hexagonal:
        x = (x + 0.5 * (y % 2)) * 2 / np.sqrt(3)
        inside = x < columns - 0.5
        x, y = x[inside], y[inside]
    grain = np.searchsorted(image.values, image.labels[y.astype(int), np.round(x).astype(int)])
    assert image.orientations is not None
    rng = np.random.default_rng(seed)
    cube = image.symmetry.rotations
    scatter = Rotation.from_rotvec(rng.normal(scale=noise, size=(len(x), 3)))
    turned = image.orientations[grain] * cube[rng.integers(len(cube), size=len(x))] * scatter
    step = image.pixel_size * 1e6
    return Points(x * step, y * step, turned.as_euler("ZXZ") % (2 * np.pi), np.ones(len(x), dtype=np.int64))


def write_ang(path: Path, points: Points, grid: str = "SqrGrid") -> Path:
    """Text file of EDAX; points that are not indexed have the confidence index -1."""
    n = len(points.x)
    confidence = np.where(points.phase > 0, 0.9, -1.0)
    quality = np.column_stack([np.full(n, 100.0), confidence, np.ones(n), np.ones(n), np.ones(n)])
    table = np.column_stack([points.angles, points.x, points.y, quality])
    form = "%9.5f %9.5f %9.5f %12.5f %12.5f %.1f %6.3f %d %d %.3f"
    np.savetxt(path, table, fmt=form, header=ANG_HEADER.format(grid=grid), comments="")
    return path


def write_ctf(path: Path, points: Points) -> Path:
    """Text file of Oxford Instruments, with two phases of which the first is nickel; phase 0 is not indexed."""
    columns, rows = np.unique(points.x), np.unique(points.y)
    header = CTF_HEADER.format(columns=len(columns), rows=len(rows), step=f"{columns[1] - columns[0]:.4f}")
    before, after = np.broadcast_to([8, 0], (len(points.x), 2)), np.broadcast_to([0.5, 90, 90], (len(points.x), 3))
    table = np.column_stack([points.phase, points.x, points.y, before, np.rad2deg(points.angles), after])
    form = "%d\t%.4f\t%.4f\t%d\t%d\t%.4f\t%.4f\t%.4f\t%.4f\t%d\t%d"
    np.savetxt(path, table, fmt=form, header=header, comments="")
    return path
