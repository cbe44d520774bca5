"""Formulas for what grains and boundaries conduct together, from their diffusivities and the share of area they take.

Conductance, not diffusivity, adds up: with segregation a boundary conducts ``s D_b`` and holds ``s`` times the ions of
a grain. Every formula below takes conductances; to get a diffusivity, divide by the mean enrichment ``1 - f + s f``
(:func:`hart` and :func:`maxwell_garnett` do when told s). The estimates assume grains much larger than the boundary
width and a time long enough to pass many grains.
"""

from dataclasses import dataclass

from fem.checks import require_positive


@dataclass(frozen=True)
class Bounds:
    """`lower` and `upper` bound of an effective diffusivity [m^2/s]."""

    lower: float
    upper: float


def boundary_fraction(width: float, period: float, directions: int = 2) -> float:
    """Share of the area or volume taken by boundaries of `width` [m] between grains that repeat every `period` [m].

    ``1 - (1 - width / period)^n``: for thin boundaries width / period for slabs (n = 1 of the `directions` is crossed
    by boundaries), 2 width / period for squares, 3 width / period for cubes.

    Raises
    ------
    ValueError
        Unless 0 < width < period and `directions` is 1, 2 or 3.
    """
    require_positive(width, "boundary width", "m")
    if not width < period:
        raise ValueError(f"the boundaries ({width:g} m wide) must be thinner than the grains' period ({period:g} m)")
    if directions not in (1, 2, 3):
        raise ValueError(f"boundaries cross 1, 2 or 3 directions, got {directions}")
    return float(1 - (1 - width / period) ** directions)


def hart(grain: float, boundary: float, fraction: float, enrichment: float = 1.0) -> float:
    """Hart's mean: every ion spends the share of its time that it is in the boundaries diffusing with their D.

    ``D = [(1 - f) D_g + s f D_b] / (1 - f + s f)``. Exact for boundaries along the flux. For a network of boundaries it
    is an upper bound (Wiener's): those that lie across the flux do not help, and in the limit of a fast thin network in
    two dimensions the truth is half of it.

    Parameters
    ----------
    grain, boundary
        Diffusivities D_g and D_b [m^2/s].
    fraction
        Area share f of the boundaries.
    enrichment
        Segregation factor s, concentration in the boundary over that in the grain.

    References
    ----------
    E. W. Hart, Acta Metall. 5, 597 (1957), doi:10.1016/0001-6160(57)90127-X; with segregation: A. J. Mortlock, Acta
    Metall. 8, 132 (1960).
    """
    _check(grain, boundary, fraction)
    require_positive(enrichment, "segregation factor")
    return ((1 - fraction) * grain + enrichment * fraction * boundary) / (1 - fraction + enrichment * fraction)


def series(grain: float, boundary: float, fraction: float) -> float:
    """Layers across the flux: ``1 / D = (1 - f) / D_g + f / D_b``, Wiener's lower bound; parameters as for `hart`.

    References
    ----------
    O. Wiener, Abh. Math.-Phys. Kl. Königl. Sächs. Ges. Wiss. 32, 509 (1912).
    """
    _check(grain, boundary, fraction)
    return 1 / ((1 - fraction) / grain + fraction / boundary)


def maxwell_garnett(
    grain: float, boundary: float, fraction: float, enrichment: float = 1.0, dimensions: int = 2
) -> float:
    """Grains dispersed in a matrix of boundaries, each seeing the mean field of the others.

    With n dimensions, the grains' share ``p = 1 - f`` and the boundaries' conductance ``B = s D_b``:
    ``G = B [D_g + (n-1) B + (n-1) p (D_g - B)] / [D_g + (n-1) B - p (D_g - B)]``, and ``D = G / (1 - f + s f)``. In one
    dimension this is the series mean, in more it is one of the bounds of :func:`hashin_shtrikman`. Grains that are
    squares or Voronoi cells come within a few percent.

    Parameters
    ----------
    grain, boundary, fraction, enrichment
        As for :func:`hart`.
    dimensions
        n, 1 to 3.

    References
    ----------
    J. C. Maxwell Garnett, Phil. Trans. R. Soc. A 203, 385 (1904), doi:10.1098/rsta.1904.0024; for grain boundaries J.
    R. Kalnin, E. A. Kotomin and J. Maier, J. Phys. Chem. Solids 63, 449 (2002) and I. V. Belova and G. E. Murch, J.
    Phys. Chem. Solids 64, 873 (2003).
    """
    _check(grain, boundary, fraction)
    require_positive(enrichment, "segregation factor")
    if dimensions not in (1, 2, 3):
        raise ValueError(f"there are 1, 2 or 3 dimensions, got {dimensions}")
    matrix, p, n = enrichment * boundary, 1 - fraction, dimensions
    above = grain + (n - 1) * matrix + (n - 1) * p * (grain - matrix)
    below = grain + (n - 1) * matrix - p * (grain - matrix)
    return matrix * above / below / (1 - fraction + enrichment * fraction)


def hashin_shtrikman(one: float, other: float, fraction: float) -> Bounds:
    """The best bounds for isotropic films of two phases in two dimensions, `other` taking the area share `fraction`.

    ``G = G_1 + f_2 / [1 / (G_2 - G_1) + f_1 / (2 G_1)]`` and the same with the phases exchanged.

    References
    ----------
    Z. Hashin and S. Shtrikman, J. Appl. Phys. 33, 3125 (1962), doi:10.1063/1.1728579.
    """
    _check(one, other, fraction)
    ends = (maxwell_garnett(one, other, fraction), maxwell_garnett(other, one, 1 - fraction))
    return Bounds(min(ends), max(ends))


def wiener(one: float, other: float, fraction: float) -> Bounds:
    """Series and parallel mean, the bounds for any film of two phases, `other` taking the area share `fraction`."""
    return Bounds(series(one, other, fraction), hart(one, other, fraction))


def brick_layer(grain: float, boundary: float, thickness: float) -> Bounds:
    """Bounds for square grains that boundaries of one thickness separate, with `thickness` over period p.

    Lower (adiabatic, flux straight along the walls): grains in series with the boundaries across the flux, in parallel
    with those along it, ``p B + (1-p) / [(1-p) / G + p / B]``. Upper (isothermal, potential flat across the flux): rows
    of grains and boundaries in parallel, in series with the boundaries across, ``1 / (p / B + (1-p) / [(1-p) G + p
    B])``. Straight flux is a trial field of Thomson's principle and flat potential one of Dirichlet's, hence bounds.

    References
    ----------
    On the model and its limits: J. Fleig and J. Maier, J. Eur. Ceram. Soc. 19, 693 (1999).
    """
    _check(grain, boundary, thickness)
    p = thickness
    lower = p * boundary + (1 - p) / ((1 - p) / grain + p / boundary)
    upper = 1 / (p / boundary + (1 - p) / ((1 - p) * grain + p * boundary))
    return Bounds(lower, upper)


def _check(one: float, other: float, fraction: float) -> None:
    require_positive(one, "diffusivity", "m^2/s")
    require_positive(other, "diffusivity", "m^2/s")
    if not 0 <= fraction <= 1:
        raise ValueError(f"a share of area lies between 0 and 1, got {fraction:g}")
