"""What a film conducts whose grains are too many to resolve: one diffusivity in place of grains and boundaries."""

from dataclasses import dataclass

from fem.measurements.effective_medium import boundary_fraction, hashin_shtrikman, maxwell_garnett


@dataclass(frozen=True)
class HomogenisedDiffusivity:
    """Diffusivity to give a film that is taken as uniform [m^2/s].

    Parameters
    ----------
    value
        The estimate.
    lower, upper
        Bounds for any isotropic film with the same share of boundaries; boundaries that are faster and connected come
        close to the upper one, boundaries that are slower and closed to the lower one.
    boundary_fraction
        Share of the area taken by boundaries.
    """

    value: float
    lower: float
    upper: float
    boundary_fraction: float


def homogenised_diffusivity(
    grain_diffusivity: float,
    boundary_diffusivity: float,
    boundary_width: float,
    grain_size: float,
    enrichment: float = 1.0,
) -> HomogenisedDiffusivity:
    """Diffusivity of a film, seen from above, whose grains cannot be resolved.

    Grains are taken as squares, which have as much boundary per area, ``2 / grain_size``, as grains grown from random
    seeds (the Poisson-Voronoi tessellation); more regular grains have up to 7 % less (hexagons). The estimate is
    Maxwell Garnett's with the boundaries as matrix. Films of Voronoi grains lie up to 10 % below it where boundaries
    are faster.

    Parameters
    ----------
    grain_diffusivity, boundary_diffusivity
        [m^2/s].
    boundary_width
        [m].
    grain_size
        Square root of the mean grain area [m]; where the boundary length per area is known, 2 over that.
    enrichment
        Segregation factor, concentration in the boundary over that in the grain.

    Raises
    ------
    ValueError
        Unless all are positive and the boundary is thinner than the grains are large.
    """
    fraction = boundary_fraction(boundary_width, grain_size, directions=2)
    value = maxwell_garnett(grain_diffusivity, boundary_diffusivity, fraction, enrichment)
    bounds = hashin_shtrikman(grain_diffusivity, enrichment * boundary_diffusivity, fraction)
    held = 1 - fraction + enrichment * fraction
    return HomogenisedDiffusivity(value, bounds.lower / held, bounds.upper / held, fraction)
