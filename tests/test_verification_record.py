"""The record of checks against theory: it refuses what is off, and writes what the page and the file promise."""

import json
from math import nan
from pathlib import Path

import pytest
from verification import Check, Order, Verification, observed_order


@pytest.mark.parametrize(
    "check",
    [
        Check("D1", "value off", 1.02, 1.0, 0.01),
        Check("D1", "absolute where zero is expected", -0.02, 0.0, 0.01),
        Check("D1", "not a number", nan, 1.0, 0.01),
        Check("D1", "order too low", 1.0, 1.0, 0.01, Order(1.4, 1.8)),
        Check("D1", "order not a number", 1.0, 1.0, 0.01, Order(nan, 1.8)),
    ],
    ids=lambda check: check.quantity,
)
def test_what_is_off_fails(check: Check) -> None:
    assert not check.passed


def test_record_and_page_hold_every_check_sorted_by_benchmark(tmp_path: Path) -> None:
    verify = Verification()
    verify(id="D13", quantity="yield", measured=0.5004, expected=0.5, tolerance=1e-3)
    verify(id="D2", quantity="charge", measured=1.0, expected=1.0, tolerance=1e-3, order=Order(1.99, 1.8))
    with pytest.raises(AssertionError, match=r"D2 drift: .* absolute"):
        verify(id="D2", quantity="drift", measured=0.2, expected=0.0, tolerance=0.1)
    verify.write_record(tmp_path / "new" / "verification.json")
    record = json.loads((tmp_path / "new" / "verification.json").read_text())
    assert [(line["id"], line["verdict"]) for line in record] == [("D2", "pass"), ("D2", "fail"), ("D13", "pass")]
    assert set(record[0]) == {"id", "quantity", "measured", "expected", "tolerance", "order", "verdict"}
    assert record[0]["order"] == 1.99 and record[2]["order"] is None
    verify.write_page(tmp_path / "verification.md")
    page = (tmp_path / "verification.md").read_text()
    assert page.index("## D2:") < page.index("## D13:") and "1.99 (1.8) | pass" in page and "**fail**" in page


def test_observed_order_is_the_slope() -> None:
    assert observed_order([1.0, 0.5, 0.25], [3.0, 0.75, 0.1875]) == pytest.approx(2.0)
