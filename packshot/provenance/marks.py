"""Marks inside a picture file: the XMP packet with IPTC's Digital Source Type.

Source: XMP specification part 1 (ISO 16684-1); IPTC Photo Metadata 2025.1, `Iptc4xmpExt:DigitalSourceType`.
A packet that comes in with a photo is untrusted: no document type, no entities, at most 1 MiB.
What it says of rights and origin is carried over; camera settings and places (`exif`, `tiff`, `aux`, `crs`) are not.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET
from xml.parsers import expat

from packshot.errors import MarkError
from packshot.provenance.terms import strongest, term_of, uri

LIMIT_BYTES = 1 << 20
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META = "adobe:ns:meta/"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
SOURCE_TYPE = f"{{{IPTC_EXT}}}DigitalSourceType"
PREFIXES = {
    "x": META,
    "rdf": RDF,
    "Iptc4xmpExt": IPTC_EXT,
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "TC260": "http://www.tc260.org.cn/ns/AIGC/1.0/",
}
NOT_CARRIED = (
    "http://ns.adobe.com/exif/1.0/",
    "http://cipa.jp/exif/1.0/",
    "http://ns.adobe.com/tiff/1.0/",
    "http://ns.adobe.com/exif/1.0/aux/",
    "http://ns.adobe.com/camera-raw-settings/1.0/",
)
HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
TAIL = '\n<?xpacket end="w"?>'


def parse(packet: bytes) -> ET.Element:
    """The `rdf:RDF` element of an XMP packet.

    Raises MarkError if it is over the limit, malformed, carries a document type or entities, or holds no RDF.
    """
    if len(packet) > LIMIT_BYTES:
        raise MarkError(f"XMP packet: {len(packet)} bytes, at most {LIMIT_BYTES} are read")
    _refuse_document_type(packet)
    try:
        root = ET.fromstring(packet)
    except ET.ParseError as error:
        raise MarkError(f"XMP packet: malformed XML ({error})") from None
    rdf = root if root.tag == f"{{{RDF}}}RDF" else root.find(f"{{{RDF}}}RDF")
    if rdf is None:
        raise MarkError("XMP packet: holds no rdf:RDF element")
    return rdf


def _refuse_document_type(packet: bytes) -> None:
    """Entities can only be declared in a document type, so a packet with one is not read at all."""

    def refuse(*_: object) -> None:
        raise MarkError("XMP packet: carries a document type (entities); refused")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(packet, True)
    except expat.ExpatError as error:
        raise MarkError(f"XMP packet: malformed XML ({error})") from None


def source_type(packet: bytes | None) -> str | None:
    """The IPTC Digital Source Type term a packet states; the strongest if it states several; None if none."""
    if not packet:
        return None
    found: list[str | None] = []
    for description in parse(packet).iter(f"{{{RDF}}}Description"):
        found.append(term_of(description.get(SOURCE_TYPE, "")))
        for element in description.findall(SOURCE_TYPE):
            found.append(term_of(element.get(f"{{{RDF}}}resource") or element.text or ""))
    return strongest(*found)


def packet(term: str, inherited: bytes | None = None) -> bytes:
    """An XMP packet that states `term`, merged into what `inherited` says of rights and origin.

    A stronger term in the inherited packet is kept. An inherited packet that cannot be read is a MarkError:
    the caller decides whether to go on without it, and says so.
    """
    carried = _carried(parse(inherited)) if inherited else []
    kept = strongest(term, source_type(inherited))
    assert kept is not None
    for prefix, namespace in PREFIXES.items():
        ET.register_namespace(prefix, namespace)
    meta = ET.Element(f"{{{META}}}xmpmeta")
    rdf = ET.SubElement(meta, f"{{{RDF}}}RDF")
    rdf.extend(carried)
    stated = ET.SubElement(rdf, f"{{{RDF}}}Description", {f"{{{RDF}}}about": ""})
    ET.SubElement(stated, SOURCE_TYPE).text = uri(kept)
    return (HEAD + ET.tostring(meta, encoding="unicode") + TAIL).encode()


def _carried(rdf: ET.Element) -> list[ET.Element]:
    """The descriptions worth keeping: without the source type (stated anew), camera settings and places."""
    kept = []
    for description in rdf.findall(f"{{{RDF}}}Description"):
        for name in [n for n in description.attrib if _dropped(n)]:
            del description.attrib[name]
        for element in [e for e in description if _dropped(e.tag)]:
            description.remove(element)
        if len(description) or any(not n.startswith(f"{{{RDF}}}") for n in description.attrib):
            kept.append(description)
    return kept


def _dropped(name: str) -> bool:
    return name == SOURCE_TYPE or name.startswith(tuple(f"{{{n}}}" for n in NOT_CARRIED)) or "GPS" in name
