"""What the runs of a study say together, in sentences that its numbers decide."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from fem.comparison.rows import Cell, Row, shown
from fem.comparison.study import Transfer
from fem.comparison.transfer import Factor, Ratio

_TOLD = ("10 % of the light lost", "50 % of its own quench")
_LIKE = 1.25  # a factor closer to 1 than this is no difference
_HIDDEN = "share of the contrast of PL/PL₀ that depth integration hides, at the end of the voltage"
_SPREAD = "spread of PL/PL₀ between grains (standard deviation), at 50 % of the quench"
Cells = Mapping[str, Mapping[str, Cell]]


@dataclass(frozen=True)
class Lessons:
    """What one geometry tells of another one, a sentence or two per line, and what it does not."""

    tells: tuple[str, ...]
    hides: tuple[str, ...]


def lessons(factors: Sequence[Factor], rows: Sequence[Row], groups: Sequence[str]) -> Lessons:
    """What times, light and depth of one geometry tell of the other, and what they do not."""
    named = {row.quantity: dict(zip(groups, row.cells, strict=True)) for row in rows}
    transfers = list(dict.fromkeys(one.transfer for one in factors))
    tells: list[str] = []
    hides: list[str] = []
    for transfer in transfers:
        own = [one for one in factors if one.transfer == transfer]
        told = [one for one in own if one.quantity in _TOLD]
        tells += [*_times(transfer, told, own), *_ends(transfer, named)]
        hides += _beyond_theory(transfer, told)
    return Lessons((*tells, *_grains(transfers, named)), (*hides, *_depth(transfers, named)))


def _times(transfer: Transfer, factors: Sequence[Factor], every: Sequence[Factor]) -> Iterator[str]:
    """The factors to carry times over with, and how sure they are; `every` factor of the table has its say in that."""
    if not factors:
        return
    times = "; ".join(f"{one.quantity}: {one.measured}" for one in factors)
    yield f"Times in the {transfer.source} over times in the {transfer.target}: {times}.{_how_sure(factors, every)}"
    for one in factors:
        if _alike(one.beyond):
            theory = f"λL/2D, {one.theory.value:.3g}, carries this time over, within the spread of the films"
            yield f"{one.quantity}, {transfer.source} over {transfer.target}: {theory}."


def _how_sure(factors: Sequence[Factor], every: Sequence[Factor]) -> str:
    pairs = min(one.measured.pairs for one in factors)
    if pairs < 2:
        return " One film of each kind does not tell how far films scatter."
    worst, least = max(one.measured.spread for one in factors), max(every, key=lambda one: one.measured.spread)
    said = (
        f" A time seen in one film, divided by its factor, is that of one film of the other kind to a factor of"
        f" {worst:.3g} or less (one standard deviation over {pairs} pairs, each film in several of them)."
    )
    if least.measured.spread <= worst:
        return said
    return f"{said} The least sure time of the table, {least.quantity}, is so to {least.measured.spread:.3g} only."


def _beyond_theory(transfer: Transfer, factors: Sequence[Factor]) -> Iterator[str]:
    """Where the screening times are no guide, and what part the grains have in it."""
    off = [one for one in factors if not _alike(one.beyond)]
    if not off:
        return
    pair = f"{transfer.source} over {transfer.target}"
    yield (
        f"The screening times λL/2D (λ the Debye length, L the distance of the electrodes, D the diffusivity along the"
        f" field), {pair}, have the ratio {off[0].theory.value:.3g}, not that of the times seen.{_why(off)}"
    )
    for one in off:
        yield f"{one.quantity}, {pair}: {_against(one.beyond)} than that ratio says.{_parts(one)}"


def _parts(factor: Factor) -> str:
    if factor.uniform is None or factor.grains is None:
        return ""
    uniform, grains = _against(factor.uniform), _against(factor.grains)
    return f" Of that, {uniform} in uniform films at the same voltages, and {grains} by grains; the two multiply."


def _against(ratio: Ratio) -> str:
    """A ratio in words: how many times sooner or later."""
    times = max(ratio.value, 1 / ratio.value)
    return f"{f'{times:.3g}' if times < 1000 else f'{times:.0f}'} times {'later' if ratio.value > 1 else 'sooner'}"


def _why(factors: Sequence[Factor]) -> str:
    """Which of the two, uniform films or grains, makes the larger difference to theory."""
    known = [(one.uniform, one.grains) for one in factors if one.uniform is not None and one.grains is not None]
    if not known:
        return " No uniform films tell what part the grains have in it."
    grains = [abs(log(two.value)) > abs(log(one.value)) for one, two in known]
    if all(grains):
        return (
            " Most comes from the grains: they and their boundaries exchange ions at a rate that goes with the size of"
            " grains and the field around them, not with the distance of the electrodes."
        )
    if not any(grains):
        return (
            " Most comes from what uniform films show as well: voltages beyond linear response, and dark zones that"
            " fill another part of the film."
        )
    return " Grains are the larger part of it for some of these times, but not for all."


def _alike(ratio: Ratio) -> bool:
    return abs(log(ratio.value)) <= max(log(ratio.spread), log(_LIKE))


def _ends(transfer: Transfer, named: Cells) -> Iterator[str]:
    source, target = transfer.source, transfer.target
    parts = []
    for name in ("final charge", "final quench"):
        one, other = (_value(named, name, group) for group in (source, target))
        if one is not None and other:
            parts.append(f"{name} × {one / other:.3g}")
    if parts:
        yield f"Where it ends, {source} over {target}: {', '.join(parts)} (means over the films)."


def _depth(transfers: Sequence[Transfer], named: Cells) -> Iterator[str]:
    groups = dict.fromkeys(group for one in transfers for group in (one.source, one.target))
    known = {group: value for group in groups if (value := _value(named, _HIDDEN, group)) is not None}
    if known:
        shares = ", ".join(f"{shown(value, '%')} in the {group}" for group, value in known.items())
        yield (
            "Depth: a microscope above the film sums over the depth and loses part of the contrast of PL/PL₀ at the"
            f" end of the voltage: {shares}. What is lost there, no plan view shows."
        )


def _grains(transfers: Sequence[Transfer], named: Cells) -> Iterator[str]:
    groups = dict.fromkeys(group for one in transfers for group in (one.source, one.target))
    known = {group: value for group in groups if (value := _value(named, _SPREAD, group)) is not None}
    if known:
        spreads = ", ".join(f"{value:.2g} in the {group}" for group, value in known.items())
        yield (
            f"Grains: when half of the quench is there, their mean PL/PL₀ scatters by {spreads} (standard deviation)."
        )


def _value(named: Cells, name: str, group: str) -> float | None:
    cell = named.get(name, {}).get(group)
    return cell.value if cell is not None and isinstance(cell.value, float) else None
