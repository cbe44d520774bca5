"""What the grains of a film are like: sizes against their target, shapes and directions, length of grain boundaries.

Shapes come from second moments. The matrix C = <(x - c)(x - c)^T> / A of a grain of area A and centroid c depends on
its shape and direction alone; its mean over the grains tells the common elongation of a film from the random one of
single grains. Stretching the plane by S turns it into S C S^T, so grains grown with an elongation have just that one,
but for the scatter among few grains and for those that the sides of the film cut short.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.grains.grain_sizes import GrainSizes
from meshes.grains.periodic import whole_grains
from meshes.grains.polycrystal import Polycrystal

Floats = NDArray[np.float64]
_FAR = 0.05  # relative deviation from the target that is worth a warning


@dataclass(frozen=True)
class GrainStatistics:
    """Facts about the grains of a film for the record of a run.

    Parameters
    ----------
    grains
        Number of grains.
    mean_diameter, spread
        Mean of the equivalent circle diameter [m], and standard deviation of its logarithm.
    area_weighted_mean_diameter
        Mean of the equivalent circle diameter, each grain counted by its area [m].
    target_mean_diameter, target_spread
        What the film was grown for; None if nothing was demanded.
    mean_deviation, spread_deviation
        Relative deviation from the target; None without one, or where the target spread is zero.
    mean_aspect_ratio
        Mean over the grains of length over width, from second moments; about 1.3 in films without a direction.
    elongation, orientation
        Common aspect ratio of the grains, about 1 without a direction, and direction of their long axis [rad],
        counter-clockwise from x, above -pi/2 and up to pi/2.
    boundary_length_per_area
        Length of all grain boundaries over the area of all grains [1/m].
    """

    grains: int
    mean_diameter: float
    spread: float
    area_weighted_mean_diameter: float
    target_mean_diameter: float | None
    target_spread: float | None
    mean_deviation: float | None
    spread_deviation: float | None
    mean_aspect_ratio: float
    elongation: float
    orientation: float
    boundary_length_per_area: float

    def as_dict(self) -> dict[str, int | float | None]:
        """Plain numbers in SI units for ``run.json``."""
        return asdict(self)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is more than 5 % off the target."""
        found = []
        if self.target_mean_diameter is not None and abs(self.mean_deviation or 0.0) > _FAR:
            found.append(
                f"the mean grain diameter is {self.mean_diameter * 1e9:.3g} nm, {self.mean_deviation:+.0%} off its"
                f" target of {self.target_mean_diameter * 1e9:.3g} nm"
            )
        if self.target_spread is not None and abs(self.spread_deviation or 0.0) > _FAR:
            found.append(
                f"the spread of grain diameters is {self.spread:.3g}, {self.spread_deviation:+.0%} off its target of"
                f" {self.target_spread:.3g}"
            )
        return tuple(f"{one}: {self.grains} grains are too few for it, or pinholes took from them" for one in found)


def grain_statistics(film: Polycrystal, target: GrainSizes | None = None) -> GrainStatistics:
    """Measure the grains of a film.

    Parameters
    ----------
    film
        Any film; grains at its sides are counted as they are, those that periodic sides cut as wholes.
    target
        Distribution to compare with; None takes the one that the film was grown for, if any.
    """
    target = film.target_sizes if target is None else target
    areas = np.bincount(whole_grains(film).numbers, film.areas)
    diameters = np.sqrt(4 * areas / np.pi)
    mean, spread = float(diameters.mean()), float(np.log(diameters).std())
    moments = shape_moments(film)
    common = moments.mean(axis=0)
    return GrainStatistics(
        grains=len(areas),
        mean_diameter=mean,
        spread=spread,
        area_weighted_mean_diameter=float(np.average(diameters, weights=areas)),
        target_mean_diameter=target.mean if target else None,
        target_spread=target.spread if target else None,
        mean_deviation=mean / target.mean - 1 if target else None,
        spread_deviation=spread / target.spread - 1 if target and target.spread > 0 else None,
        mean_aspect_ratio=float(_aspect_ratios(moments).mean()),
        elongation=float(_aspect_ratios(common)),
        orientation=float(0.5 * np.arctan2(2 * common[0, 1], common[0, 0] - common[1, 1])),
        boundary_length_per_area=film.grain_boundary_length / float(film.areas.sum()),
    )


def shape_moments(film: Polycrystal) -> Floats:
    """Second moments of each whole grain about its centroid, over its squared area, shape (n_whole_grains, 2, 2).

    A circle has 1 / (4 pi) on the diagonal.
    """
    whole = whole_grains(film)
    parts = np.concatenate([film.edge_grains[:, 0], film.edge_grains[:, 1]])
    starts, ends = (np.concatenate([film.edges[:, k], film.edges[:, 1 - k]]) for k in (0, 1))
    real = parts >= 0
    grains, shifts = whole.numbers[parts[real]], whole.shifts[parts[real]]
    starts, ends = film.vertices[starts[real]] + shifts, film.vertices[ends[real]] + shifts

    def total(values: Floats) -> Floats:
        flat = values.reshape(len(grains), -1)
        sums = np.column_stack([np.bincount(grains, column) for column in flat.T])
        return np.asarray(sums.reshape(len(sums), *values.shape[1:]), dtype=np.float64)

    middle = total(starts) / np.bincount(grains)[:, None]
    p, q = starts - middle[grains], ends - middle[grains]
    wedge = 0.5 * (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0])
    area, first = total(wedge), total(wedge[:, None] * (p + q) / 3)
    second = total(wedge[:, None, None] / 12 * (_squared(p) + _squared(q) + _squared(p + q)))
    centroid = first / area[:, None]
    return np.asarray((second / area[:, None, None] - _squared(centroid)) / area[:, None, None])


def _squared(vectors: Floats) -> Floats:
    return np.asarray(vectors[:, :, None] * vectors[:, None, :])


def _aspect_ratios(moments: Floats) -> Floats:
    """Root of the ratio of the principal moments."""
    principal = np.linalg.eigvalsh(moments)
    return np.asarray(np.sqrt(principal[..., 1] / principal[..., 0]))
