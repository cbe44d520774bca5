"""The tutorial notebook runs from top to bottom and prints what it shows."""

from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[1] / "docs" / "tutorial.ipynb"


@pytest.mark.filterwarnings("ignore")  # of the notebook's own machinery, not of ours
def test_the_notebook_runs_and_prints_what_it_shows() -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    shown = nbformat.read(NOTEBOOK, 4)
    done = nbformat.read(NOTEBOOK, 4)
    nbclient.NotebookClient(done, timeout=600, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    for before, after in zip(shown.cells, done.cells, strict=True):
        assert printed(after) == printed(before)
        assert pictures(after) == pictures(before)
    assert any("Debye lengths more" in printed(cell) for cell in done.cells)


def printed(cell: dict) -> str:  # type: ignore[type-arg]
    """Text that a cell has printed; not its warnings."""
    return "".join(one["text"] for one in cell.get("outputs", ()) if one.get("name") == "stdout")


def pictures(cell: dict) -> int:  # type: ignore[type-arg]
    """Number of pictures that a cell shows."""
    return sum("image/png" in one.get("data", {}) for one in cell.get("outputs", ()))
