"""Grain boundaries two ways: lines against meshed strips of the same width, as the width goes to zero."""

from functools import cache

import numpy as np
import pytest
from strips_and_lines import (
    GAP,
    GRAIN,
    TOLERANCE,
    Boundaries,
    Deviation,
    Grid,
    Transient,
    Way,
    bricks,
    column,
    meshed,
    run,
)
from verification import Order, Verification, observed_order

from fem.constants import nm, thermal_voltage
from fem.fields import Array

TIMES = np.concatenate([[0.0], np.logspace(-6, 4, 41)])  # [s] the fastest boundary's Debye time is 2e-5 s
AFTER = TIMES[1:]
FEW = TIMES[::4]
DEMANDED = {4 * nm: 0.02, 2 * nm: 0.01}
HARDEST = Boundaries(4 * nm, 1.6e4, 6 * nm)
COARSE = Grid(0.5 * nm, 1.4)


@cache
def transients(case: Boundaries, grid: Grid, tolerance: float = TOLERANCE) -> tuple[Transient, Transient]:
    strips, lines = column(case, grid)
    return run(strips, TIMES, tolerance), run(lines, TIMES, tolerance)


def compared(case: Boundaries, grid: Grid, tolerance: float = TOLERANCE) -> Deviation:
    return Deviation.between(*transients(case, grid, tolerance))


def largest(values: Array) -> float:
    return float(np.abs(values).max())


def area(way: Way) -> float:
    """Area that stores ions [m^2]."""
    return float(way.model.unknowns.content[0])


# --- boundaries along the field ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("debye", [6 * nm, 20 * nm])
@pytest.mark.parametrize("contrast", [1.6e4, 50.0])
@pytest.mark.parametrize("width", DEMANDED)
def test_lines_follow_strips_along_the_field(width: float, contrast: float, debye: float, verify: Verification) -> None:
    """From before the boundary has charged anything to the steady state, ten decades of time."""
    case = Boundaries(width, contrast, debye)
    strips, lines = column(case)
    assert area(lines) == pytest.approx(area(strips), rel=1e-12, abs=0.0)
    apart = compared(case, Grid())
    for what, values in (("charge", apart.charge), ("profile", apart.profile)):
        verify(id="G3", quantity=f"lines {case}: {what}, at any time", measured=largest(values), expected=0.0,
               tolerance=DEMANDED[width])  # fmt: skip


@pytest.mark.slow
def test_what_lines_miss_of_the_profile_goes_with_the_square_of_the_width(verify: Verification) -> None:
    """Across a strip concentrations are ``exp(-phi)`` of a parabola, not flat: second order in width over Debye length.

    The hardest films, on the finer grid and in finer steps: the usual ones add 0.1 % to the 0.17 % of the thin line.
    """
    widths, fine = np.array(list(DEMANDED)), (Grid().refined, TOLERANCE / 10)
    missed = [largest(compared(Boundaries(w, HARDEST.contrast, HARDEST.debye), *fine).profile) for w in widths]
    verify(
        id="G3",
        quantity="profile, at any time, over width per Debye length of 6 nm squared",
        measured=float((missed / (widths / HARDEST.debye) ** 2).max()),
        expected=0.0,
        tolerance=0.02,
        order=Order(observed_order(list(widths), missed), 1.5),
    )


@pytest.mark.slow
@pytest.mark.parametrize("width", DEMANDED)
def test_the_difference_is_the_models_and_not_the_meshes(width: float, verify: Verification) -> None:
    case = Boundaries(width, HARDEST.contrast, HARDEST.debye)
    for name, usual, fine in zip(
        ("strips", "lines"), transients(case, Grid()), transients(case, Grid().refined), strict=True
    ):
        change = largest(usual.charge / fine.charge - 1)
        quantity = f"{name} {width / nm:g} nm wide: change of the charge when cells are halved"
        verify(id="G3", quantity=quantity, measured=change, expected=0.0, tolerance=0.002)
    one, other = compared(case, Grid()), compared(case, Grid().refined)
    assert largest(one.charge - other.charge) < 0.05 * DEMANDED[width]
    assert largest(one.profile - other.profile) < 0.25 * DEMANDED[width]


# --- boundaries across the field and their junctions ------------------------------------------------------------------


@pytest.mark.slow
def test_lines_follow_strips_through_junctions_and_across_the_field(verify: Verification) -> None:
    """A brick wall. Early on nothing has reached the electrodes but the dipole of the boundary that the field crosses.

    That dipole, ions moved from one edge of the strip to the other, is what a line of one row of nodes cannot have: a
    drop of potential of ``width V / gap``, which shows at the T in the first milliseconds and goes with the width.
    """
    missed, widths = [], [*DEMANDED, 1 * nm]
    for width in widths:
        case = Boundaries(width)
        strips, lines = bricks(case, Grid(0.1 * nm, 1.25))
        assert area(lines) == pytest.approx(area(strips), rel=width**2 / (GRAIN * GAP) + 1e-12, abs=0.0)  # the Ts
        one = run(strips, TIMES)
        apart = Deviation.between(one, run(lines, TIMES))
        moved = one.charge > 0.01 * one.charge[-1]
        for what, values in (
            ("charge, once it is 1 % of the final", apart.charge[moved]),
            ("charge, share of the final, at any time", apart.share),
            ("profile from the T on, after 30 ms", apart.profile[AFTER > 0.03]),
        ):
            verify(id="G3", quantity=f"brick wall, lines {case}: {what}", measured=largest(values), expected=0.0,
                   tolerance=DEMANDED.get(width, 0.01))  # fmt: skip
        missed.append(largest(apart.profile))
    drop = np.array(widths) * (1.0 / GAP) / thermal_voltage(300.0)
    verify(
        id="G3",
        quantity="brick wall: profile from the T on, at any time, over the drop across a boundary in kT/e",
        measured=float((missed / drop).max()),
        expected=0.0,
        tolerance=0.2,
        order=Order(observed_order(widths, missed), 0.9),
    )


# --- meshes of the program --------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("width", "cell"), [(4 * nm, 0.5 * nm), (2 * nm, 0.25 * nm)])
def test_lines_follow_strips_on_meshes_of_the_program(width: float, cell: float, verify: Verification) -> None:
    """Cells along and beside the line an eighth of its width: a coarser one takes up too much of the grain at once."""
    case = Boundaries(width)
    strips, lines = meshed(case, cell)
    assert area(lines) == pytest.approx(area(strips), rel=1e-9, abs=0.0)
    apart = Deviation.between(run(strips, TIMES), run(lines, TIMES))
    verify(id="G3", quantity=f"triangulated film, lines {case}: charge, at any time", measured=largest(apart.charge),
           expected=0.0, tolerance=DEMANDED[width])  # fmt: skip


# --- coarse and fast --------------------------------------------------------------------------------------------------


def test_lines_follow_strips_on_a_coarse_mesh() -> None:
    strips, lines = column(Boundaries(4 * nm, 1.6e4, 20 * nm), COARSE)
    apart = Deviation.between(run(strips, FEW), run(lines, FEW))
    assert largest(apart.charge) < 0.002
    assert largest(apart.profile) < 0.02


def test_lines_in_a_film_as_drawn_add_their_area_to_its_charge(verify: Verification) -> None:
    """Its conductance is right, so that early charges are; late ones are those of a film that is as much larger."""
    case = Boundaries(4 * nm, 50.0, 20 * nm)
    strips, lines = column(case, COARSE, drawn=True)
    added = lines.model.scale_report().added_area["grain_boundary"]
    assert area(lines) == pytest.approx((1 + added) * area(strips), rel=1e-9, abs=0.0)
    assert added == pytest.approx(0.98 * 2 * nm / (GRAIN + 2 * nm), rel=1e-9, abs=0.0)
    apart = Deviation.between(run(strips, FEW), run(lines, FEW))
    assert largest(apart.charge[FEW[1:] < 0.1]) < 0.005
    late = apart.charge[FEW[1:] > 1e2]
    np.testing.assert_allclose(late, added, rtol=0.02)
    verify(id="G3", quantity="film as drawn, lines 4 nm: late charge over that of strips, less 1 (the area added)",
           measured=float(late[-1]), expected=added, tolerance=0.02)  # fmt: skip
