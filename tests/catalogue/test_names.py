"""Names: no path leaves its folder, no two skus share a file."""

import posixpath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.catalogue.names import file_stem, folded, safe_relative
from packshot.errors import UnsafePath

skus = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40) | st.text("aA./\\~%- 1:", min_size=1)


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../../x", "/etc/passwd", "\\\\server\\share", "C:\\x", "c:x", "..", ".", "", "a\x00b", "..\\..\\x",
     "http://host/x", "a\nb", "\u202egpj.exe"],
)  # fmt: skip
def test_paths_that_leave_are_refused(path):
    with pytest.raises(UnsafePath):
        safe_relative(path)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_a_path_that_is_taken_stays_inside(path):
    try:
        clean = safe_relative(path)
    except UnsafePath:
        return
    assert posixpath.normpath(posixpath.join("/root", clean)).startswith("/root/")
    assert safe_relative(clean) == clean


@given(skus, skus)
@settings(deadline=None)
def test_different_skus_have_different_stems(one, other):
    assert (file_stem(one) == file_stem(other)) == (one == other)


@given(skus)
@settings(deadline=None)
def test_a_stem_is_a_safe_relative_name(sku):
    stem = file_stem(sku)
    assert safe_relative(stem + ".png") == stem + ".png"
    for part in stem.split("/"):
        assert part
        assert part[0] not in ". "
        assert part[-1] not in ". "
        assert len(part.encode()) <= 200
        assert not set(part) & set('<>:"|?*\\\x00')
        assert part.split(".")[0].casefold() not in ("con", "nul", "aux", "prn", "com1", "lpt1")


def test_a_stem_never_ends_like_the_numbering_of_pictures():
    assert "~" not in file_stem("A~2")
    assert folded(file_stem("Straße")) == folded(file_stem("STRASSE"))


def test_a_folder_is_never_named_like_a_picture():
    assert file_stem("a.png/b") == "a%2Epng/b"
    assert file_stem("a.png") == "a.png"
