"""The page of a study: a column per group, transfer factors, and what they teach."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fem.comparison.compared import Compared
from fem.comparison.grouped import grouped, groups_of
from fem.comparison.page import Page
from fem.comparison.rows import Row
from fem.comparison.study import Study
from fem.comparison.study_words import lessons
from fem.comparison.table import filled
from fem.comparison.transfer import transfer_factors
from fem.comparison.transfer_figure import CAPTION, draw_transfer
from fem.comparison.wording import why_empty
from fem.results.run_facts import judge
from fem.storage.run_record import plain as plain_values

_FIGURE = "transfer.png"


def study_page(
    study: Study, runs: Sequence[Compared], every: Sequence[Row],
    plain: tuple[Mapping[str, list[str]], Mapping[str, str]], figures: Path,
) -> Page:  # fmt: skip
    """What the page of `study` shows; draws the transfer factors into the folder `figures`.

    Parameters
    ----------
    runs
        Its members that are compared.
    every
        All rows of their table, empty ones included.
    plain
        Words and captions as for runs that are no study.
    """
    words, captions = plain
    groups = groups_of(runs)
    told = [row for row in every if row.quantity != "scenario"]  # one for every run, and known from its name
    pooled, factors = grouped(told, groups), transfer_factors(runs, study.transfers)
    rows = filled(pooled)
    learnt = lessons(factors, rows, list(groups))
    said = {
        **words,
        "differences": list(learnt.tells),
        "hidden": list(learnt.hides),
        "empty": why_empty(pooled, list(groups)),
        "notes": list(study.notes),
    }
    if factors:
        draw_transfer(factors, figures / _FIGURE)
        captions = {_FIGURE: CAPTION, **captions}
    return Page(list(groups), rows, said, captions, factors, _judged(study, runs))


def _judged(study: Study, runs: Sequence[Compared]) -> list[dict[str, Any]]:
    """Verdicts on the demands of `study`, as its record holds them."""
    by_group = {name: [runs[k] for k in places] for name, places in groups_of(runs).items()}
    found: Any = plain_values(judge(study.criteria, by_group))
    return list(found)
