"""A study: several runs that only together answer a question, and what they are compared for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from fem.comparison.compared import Compared
from fem.scenario import Scenario


@dataclass(frozen=True)
class Member:
    """One run of a study.

    Parameters
    ----------
    name
        Of its results folder: letters, digits and ``_``.
    group
        What runs on random films of one kind have in common ("plan view"); they become one column.
    declare
        Makes its scenario, when it is its turn.
    parameters
        Value and unit of what it is run with, ``{"bias": (1.0, "V")}``.
    reference
        Whether it is there to be compared with and no experiment of its own; it is left out of the maps.
    """

    name: str
    group: str
    declare: Callable[[], Scenario]
    parameters: Mapping[str, tuple[object, str]] = field(default_factory=dict)
    reference: bool = False

    def __post_init__(self) -> None:
        if not self.name.replace("_", "").isalnum() or not self.name.isascii():
            raise ValueError(f"a member of a study needs a name of letters, digits and _, got {self.name!r}")


@dataclass(frozen=True)
class Transfer:
    """From which group of a study its times are carried over to which.

    Parameters
    ----------
    source, target
        Groups: times of `source` over times of `target` are the transfer factor.
    uniform
        Groups of films without grains that stand for the two; they tell what grains add. None leaves that out.
    """

    source: str
    target: str
    uniform: tuple[str, str] | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        """All groups that it needs."""
        return (self.source, self.target, *(self.uniform or ()))

    def as_dict(self) -> dict[str, Any]:
        """For the record of a study."""
        return {"source": self.source, "target": self.target, "uniform": self.uniform}


@dataclass(frozen=True)
class Demand:
    """What a study demands of its runs together: `lower` <= measured <= `upper`.

    `measure` sees the finished runs of each group, by the group; ValueError or KeyError there says why it cannot be
    measured.
    """

    id: str
    quantity: str
    measure: Callable[[Mapping[str, Sequence[Compared]]], float]
    lower: float = -inf
    upper: float = inf


@dataclass(frozen=True)
class Study:
    """Several runs and what is made of them.

    Parameters
    ----------
    members
        The runs, in their order.
    transfers
        What is carried over from one group to another.
    notes
        What a reader of the report has to know beforehand, a sentence each.
    criteria
        Demands on all runs together; those on a single run belong to its scenario.

    Raises
    ------
    ValueError
        If there are fewer than two members, two have one name, or a transfer names a group that there is not.
    """

    members: Sequence[Member]
    transfers: Sequence[Transfer] = ()
    notes: Sequence[str] = ()
    criteria: Sequence[Demand] = ()

    def __post_init__(self) -> None:
        names = [member.name for member in self.members]
        if len(names) < 2:
            raise ValueError(f"a study needs two members or more, got {len(names)}")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two members of a study have the name {', '.join(twice)}")
        groups = {member.group for member in self.members}
        for group in (group for transfer in self.transfers for group in transfer.groups):
            if group not in groups:
                raise ValueError(f"the study has no group {group!r}: {', '.join(sorted(groups))}")

    def one_of_each(self) -> tuple[Member, ...]:
        """The first member of every group."""
        return tuple({member.group: member for member in reversed(self.members)}.values())[::-1]
