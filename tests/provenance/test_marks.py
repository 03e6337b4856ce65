"""XMP marks: written, read back, merged, never weakened; hostile packets refused."""

import contextlib
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import MarkError
from packshot.provenance import marks
from packshot.provenance.terms import SCHEME, STRENGTH, strongest, term_of, uri

terms = st.sampled_from(STRENGTH)
PHOTOSHOP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" exif:GPSLatitude="52,31.2N" xmpRights:Marked="True">
<dc:creator><rdf:Seq><rdf:li>A Shop</rdf:li></rdf:Seq></dc:creator><exif:ExposureTime>1/60</exif:ExposureTime>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


@given(terms)
def test_a_term_written_is_read_back(term):
    assert marks.source_type(marks.packet(term)) == term


@given(terms, terms)
def test_merging_keeps_the_stronger_term(old, new):
    merged = marks.source_type(marks.packet(new, marks.packet(old)))
    assert merged == strongest(old, new)
    assert STRENGTH.index(merged) >= STRENGTH.index(old)


@given(terms)
def test_merging_twice_changes_nothing_more(term):
    once = marks.packet(term, PHOTOSHOP)
    assert marks.packet(term, once) == marks.packet(term, marks.packet(term, once))


def test_rights_are_carried_and_places_and_camera_settings_are_not():
    packet = marks.packet("digitalCapture", PHOTOSHOP)
    assert b"A Shop" in packet
    assert b"Marked" in packet
    assert b"GPS" not in packet
    assert b"ExposureTime" not in packet


def test_the_uri_is_http_and_in_the_iptc_namespace():
    packet = marks.packet("trainedAlgorithmicMedia")
    element = marks.parse(packet).find(f".//{marks.SOURCE_TYPE}")
    assert element.text == SCHEME + "trainedAlgorithmicMedia"
    assert SCHEME.startswith("http://cv.iptc.org/")


@pytest.mark.parametrize(
    "written",
    [
        'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>',
        'Iptc4xmpExt:DigitalSourceType="https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia/"/>',
        "><Iptc4xmpExt:DigitalSourceType>trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType></rdf:Description>",
        '><Iptc4xmpExt:DigitalSourceType rdf:resource="http://cv.iptc.org/newscodes/digitalsourcetype/'
        'trainedAlgorithmicMedia"/></rdf:Description>',
    ],
)
def test_every_way_other_programs_write_it_is_read(written):
    packet = (
        f'<rdf:RDF xmlns:rdf="{marks.RDF}" xmlns:Iptc4xmpExt="{marks.IPTC_EXT}"><rdf:Description rdf:about="" '
        f"{written}</rdf:RDF>"
    ).encode()
    assert marks.source_type(packet) == "trainedAlgorithmicMedia"


@pytest.mark.parametrize(
    ("packet", "word"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (b"<a><b></a>", "malformed"),
        (b"\xff\xfe\x00nonsense", "malformed"),
        (b"<a/>", "rdf:RDF"),
        (b"<a>" + b" " * marks.LIMIT_BYTES + b"</a>", "at most"),
    ],
)
def test_hostile_or_broken_packets_are_refused(packet, word):
    with pytest.raises(MarkError, match=word):
        marks.source_type(packet)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_term_or_a_mark_error(data):
    with contextlib.suppress(MarkError):
        assert marks.source_type(data) in (None, *STRENGTH)


def test_unknown_terms_are_refused_on_writing_and_ignored_on_reading():
    with pytest.raises(MarkError, match="expected one of"):
        uri("madeUpMedia")
    assert term_of("http://example.com/madeUpMedia") is None


def test_the_packet_is_well_formed_xml():
    ET.fromstring(marks.packet("composite", PHOTOSHOP))
