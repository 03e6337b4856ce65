"""From measures to a confidence: which table, and what fitting finds."""

import numpy as np
import pytest

from packshot.imaging.segmentation import calibration

STUDIO = {"plain": 1.0, "separation": 0.95, "area_share": 0.3, "agreement": 0.9, "line_agreement": 0.9}


@pytest.mark.parametrize(
    ("method", "changed", "name"),
    [
        ("classical", {}, "studio"),
        ("classical", {"plain": 0.9}, "classical"),
        ("classical", {"separation": 0.7}, "classical"),
        ("cutout", {}, "cutout"),
    ],
)
def test_studio_photos_have_a_table_of_their_own(method, changed, name):
    assert calibration.called(method, STUDIO | changed) == name
    assert name in calibration.tables()


def test_every_fitted_table_rises_and_stays_a_share():
    for name, table in calibration.tables().items():
        assert list(table.scores) == sorted(table.scores), name
        assert list(table.shares) == sorted(table.shares), name
        assert 0 <= table.shares[0] <= table.shares[-1] <= 1, name
    assert all(calibration.tables()[name].pictures > 200 for name in ("classical", "studio", "cutout"))


def test_fitting_finds_what_tells_and_what_does_not():
    random = np.random.default_rng(0)
    told = random.uniform(0, 1, 600)
    good = random.uniform(0, 1, 600) < told
    table = calibration.fitted([{"tells": t, "noise": n} for t, n in zip(told, random.normal(0, 1, 600), strict=True)],
                               good.tolist(), ("tells", "noise"))  # fmt: skip
    assert abs(table.weights["noise"]) < 0.3 < 3 < table.weights["tells"]
    low, high = (np.interp(calibration.score(table.weights, table.offset, {"tells": t}), table.scores, table.shares)
                 for t in (0.1, 0.9))  # fmt: skip
    assert low < 0.3
    assert high > 0.7


def test_an_unsteady_network_is_trusted_less():
    sure, guess = (calibration.confidence("cutout", STUDIO | {"boundary_entropy": 0.2, "thinness": 0.05,
                   "steadiness": s}) for s in (0.99, 0.8))  # fmt: skip
    assert guess < sure - 0.2
