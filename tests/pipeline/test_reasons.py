"""Reasons of several steps, each thing said once."""

import pytest

from packshot.pipeline.reasons import merged

BORDER, EDGE = "the product touches the border of the picture", "the product touches the photo's edge: left"
NONE, FRAMED = (
    "no product found: nothing stands out from the background",
    "no product found: the whole picture was framed",
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), ()),
        (("a", "b", "a"), ("a", "b")),
        (("a", BORDER, "b", EDGE), ("a", EDGE, "b")),
        ((EDGE, BORDER), (EDGE,)),
        ((BORDER,), (BORDER,)),
        ((NONE, FRAMED, "no product found, so no shadow", "x"), (NONE, "x")),
    ],
)
def test_each_thing_is_said_once_and_in_its_place(given, said):
    assert merged(given) == said
