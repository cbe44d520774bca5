"""Entries in a row and rows repeated: the part of a protocol that says which entry holds at a time.

The times of all parts are sums of the block's start and fixed offsets, so that a breakpoint and the piece that begins
there are the same floating-point number. Repetitions are found by division and never written out.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import floor, inf

from fem.checks import require_finite
from fem.physics.drives.drive import Piece
from fem.physics.drives.entries import Hold, Ramp, Sine


@dataclass(frozen=True)
class PeriodicPart:
    """A stretch that repeats itself: from `start` [s] on, `cycles` times a `period` [s]."""

    start: float
    period: float
    cycles: int


@dataclass(frozen=True)
class Block:
    """Entries one after another."""

    entries: "tuple[Entry, ...]"

    @cached_property
    def offsets(self) -> list[float]:
        """Beginning of each entry and end of the last [s], shape (n_entries + 1,)."""
        return list(accumulate((entry.duration for entry in self.entries), initial=0.0))

    @property
    def duration(self) -> float:
        """Sum of the entries [s]."""
        return self.offsets[-1]

    @property
    def follows(self) -> bool:
        """Whether it begins with the value before it."""
        first = self.entries[0]
        return first.block.follows if isinstance(first, Repeat) else isinstance(first, Ramp) and first.first is None

    def check(self, where: str) -> None:
        """Raise ValueError naming the entry that is not sound."""
        if not self.entries:
            raise ValueError(f"{where} needs at least one entry, got none")
        for k, entry in enumerate(self.entries, start=1):
            if not isinstance(entry, Entry):
                raise ValueError(f"{where}, entry {k} must be a hold, ramp, rest, repeat, ..., got {entry!r}")
            entry.check(f"{where}, entry {k}")

    def require_longer_than(self, shortest: float, where: str) -> None:
        """Raise ValueError naming the entry that lasts no longer than `shortest` [s]."""
        for k, entry in enumerate(self.entries, start=1):
            if isinstance(entry, Repeat):
                entry.block.require_longer_than(shortest, f"{where}, entry {k}")
            elif entry.duration <= shortest:
                raise ValueError(
                    f"{where}, entry {k}: {entry.duration:g} s are lost in a protocol that is so much longer"
                )

    def final(self, before: float) -> float:
        """Value at the end of the last entry."""
        return self._before(len(self.entries), before)

    def extremes(self, before: float) -> tuple[float, float]:
        """Lowest and highest value of any entry."""
        each = [entry.extremes(self._before(k, before)) for k, entry in enumerate(self.entries)]
        return min(low for low, _ in each), max(high for _, high in each)

    def piece(self, time: float, start: float, before: float) -> Piece:
        """The piece that holds at `time` [s] if the block begins at `start` [s]."""
        k = self._entry(time, start)
        entry, at, previous = self.entries[k], start + self.offsets[k], self._before(k, before)
        return entry.piece(time, at, previous) if isinstance(entry, Repeat) else entry.piece(at, previous)

    def next_break(self, start: float, after: float) -> float:
        """First beginning of an entry, or of a part of one, behind `after` [s], which lies in the block; else inf."""
        k = self._entry(after, start)
        entry, later = self.entries[k], start + self.offsets[k + 1] if k + 1 < len(self.entries) else inf
        return min(entry.next_break(start + self.offsets[k], after), later) if isinstance(entry, Repeat) else later

    def periodic(self, start: float, before: float) -> Iterator[PeriodicPart]:
        """Periodic stretches, outermost repetitions only."""
        for k, entry in enumerate(self.entries):
            at = start + self.offsets[k]
            if isinstance(entry, Repeat):
                yield from entry.periodic(at, self._before(k, before))
            elif isinstance(entry, Sine) and entry.whole_cycles > 0:
                yield PeriodicPart(at, 1 / entry.frequency, entry.whole_cycles)

    def describe(self, unit: str) -> str:
        """In words."""
        return ", ".join(entry.describe(unit) for entry in self.entries)

    def _entry(self, time: float, start: float) -> int:
        """Number of the entry that holds at `time` [s]."""
        return bisect_right(self.offsets, time, 1, len(self.entries), key=lambda offset: start + offset) - 1

    def _before(self, k: int, before: float) -> float:
        """Value before entry k."""
        for entry in self.entries[:k]:
            before = entry.final(before)
        return before


@dataclass(frozen=True)
class Repeat:
    """A block `times` over."""

    block: Block
    times: int
    word: str = "block"

    @property
    def duration(self) -> float:
        """Of all repetitions [s]."""
        return self.times * self.block.duration

    def check(self, where: str) -> None:
        """Raise ValueError unless the number is a whole one of at least one and the block is sound."""
        require_finite(self.times, f"{where}: number of {self.word}s")
        if self.times < 1 or self.times != int(self.times):
            raise ValueError(
                f"{where}: number of {self.word}s must be a whole number of at least 1, got {self.times:g}"
            )
        self.block.check(f"{where} ({self.word})")

    def final(self, before: float) -> float:
        """Value at the end of the last repetition."""
        return self.block.final(before)

    def extremes(self, before: float) -> tuple[float, float]:
        """Lowest and highest value, of the first repetition and of the later ones."""
        first, later = self.block.extremes(before), self.block.extremes(self.final(before))
        return (min(first[0], later[0]), max(first[1], later[1])) if self.times > 1 else first

    def piece(self, time: float, start: float, before: float) -> Piece:
        """The piece that holds at `time` [s] if the first repetition begins at `start` [s]."""
        cycle = self._cycle(time, start)
        return self.block.piece(time, self._begin(cycle, start), before if cycle == 0 else self.final(before))

    def next_break(self, start: float, after: float) -> float:
        """First beginning of a repetition, or of an entry in it, behind `after` [s]; inf if none is left."""
        cycle = self._cycle(after, start)
        later = self._begin(cycle + 1, start) if cycle + 1 < self.times else inf
        return min(self.block.next_break(self._begin(cycle, start), after), later)

    def periodic(self, start: float, before: float) -> Iterator[PeriodicPart]:
        """All repetitions, without the first one where it begins with another value than the later ones."""
        skipped = 1 if self.block.follows and self.final(before) != before else 0
        if self.times > skipped:
            yield PeriodicPart(self._begin(skipped, start), self.block.duration, self.times - skipped)

    def describe(self, unit: str) -> str:
        """In words."""
        return f"{self.times} x [{self.block.describe(unit)}]"

    def _begin(self, cycle: int, start: float) -> float:
        return start + cycle * self.block.duration

    def _cycle(self, time: float, start: float) -> int:
        """Number of the repetition that holds at `time`: the last one that has begun by then, as rounded."""
        last = self.times - 1
        cycle = min(max(0.0, (time - start) / self.block.duration), last)
        found = min(floor(cycle) + 1, last)
        while found > 0 and self._begin(found, start) > time:
            found -= 1
        return found


Entry = Hold | Ramp | Sine | Repeat
