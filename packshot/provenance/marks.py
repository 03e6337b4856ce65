"""Marks inside a picture file: the XMP packet with IPTC's Digital Source Type and China's AIGC label.

Source: XMP specification part 1 (ISO 16684-1); IPTC Photo Metadata 2025.1, `Iptc4xmpExt:DigitalSourceType` and
`AISystemUsed`; `TC260:AIGC` as in `tc260`. A packet that comes in with a photo is untrusted: no document type, no
entities, at most 1 MiB, not nested deeper than 64. What it says of rights and origin is carried over; places, persons
in the picture, camera settings, and what described other bytes than ours (thumbnails, extensions, gain maps) are not.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET
from xml.parsers import expat

from packshot.errors import MarkError
from packshot.provenance import tc260
from packshot.provenance.terms import strongest, term_of, uri

LIMIT_BYTES = 1 << 20
LIMIT_DEPTH = 64
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META = "adobe:ns:meta/"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
SOURCE_TYPE = f"{{{IPTC_EXT}}}DigitalSourceType"
SYSTEM_USED = f"{{{IPTC_EXT}}}AISystemUsed"
RESTATED = (SOURCE_TYPE, SYSTEM_USED, tc260.PROPERTY)
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
    "TC260": tc260.NAMESPACE,
}
NOT_CARRIED = (
    "http://ns.adobe.com/exif/1.0/",
    "http://cipa.jp/exif/1.0/",
    "http://ns.adobe.com/tiff/1.0/",
    "http://ns.adobe.com/exif/1.0/aux/",
    "http://ns.adobe.com/camera-raw-settings/1.0/",
    "http://ns.adobe.com/xmp/note/",  # names an extension of the packet, which is not carried
    "http://ns.adobe.com/xap/1.0/g/img/",  # thumbnails
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.google.com/photos/1.0/",
    "http://www.metadataworkinggroup.com/schemas/regions/",  # names of people and where they stand
    "http://ns.microsoft.com/photo/1.2/",  # the same of another maker
)
PLACES_AND_PERSONS = frozenset(
    f"{{{namespace}}}{name}"
    for namespace, names in (
        ("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "LocationCreated LocationShown PersonInImage "
         "PersonInImageWDetails ModelAge"),
        ("http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "Location CountryCode"),
        ("http://ns.adobe.com/photoshop/1.0/", "City State Country"),
        ("http://ns.adobe.com/xap/1.0/", "Thumbnails"),
    )
    for name in names.split()
)  # fmt: skip
HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
TAIL = '\n<?xpacket end="w"?>'


def parse(packet: bytes) -> ET.Element:
    """The `rdf:RDF` element of an XMP packet.

    Raises MarkError if it is over the limit, malformed, carries a document type or entities, or holds no RDF.
    """
    if len(packet) > LIMIT_BYTES:
        raise MarkError(f"XMP packet: {len(packet)} bytes, at most {LIMIT_BYTES} are read")
    _refuse_traps(packet)
    try:
        root = ET.fromstring(packet)
    except (ET.ParseError, ValueError, LookupError) as error:
        raise MarkError(f"XMP packet: malformed XML ({error})") from None
    rdf = root if root.tag == f"{{{RDF}}}RDF" else root.find(f"{{{RDF}}}RDF")
    if rdf is None:
        raise MarkError("XMP packet: holds no rdf:RDF element")
    return rdf


def _refuse_traps(packet: bytes) -> None:
    """Entities can only be declared in a document type, so a packet with one is not read at all; nor a deep one."""
    depth = 0

    def refuse(*_: object) -> None:
        raise MarkError("XMP packet: carries a document type (entities); refused")

    def down(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > LIMIT_DEPTH:
            raise MarkError(f"XMP packet: nested deeper than {LIMIT_DEPTH}")

    def up(*_: object) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = down, up
    try:
        parser.Parse(packet, True)
    except MarkError:
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter two: encodings expat does not know
        raise MarkError(f"XMP packet: malformed XML ({error})") from None


def source_type(packet: bytes | None) -> str | None:
    """The IPTC Digital Source Type term a packet states; the strongest if it states several; None if none."""
    return strongest(*(term_of(value) for value in values(packet, SOURCE_TYPE)))


def values(packet: bytes | None, name: str) -> list[str]:
    """Every value of a property, whether it stands as an element, as an attribute or as a resource."""
    if not packet:
        return []
    found = []
    for description in parse(packet).iter(f"{{{RDF}}}Description"):
        if name in description.attrib:
            found.append(description.attrib[name])
        found += [e.get(f"{{{RDF}}}resource") or "".join(e.itertext()) for e in description.findall(name)]
    return [value.strip() for value in found]


def packet(
    term: str,
    inherited: bytes | None = None,
    *,
    aigc: str | None = None,
    systems: tuple[str, ...] = (),
    limit_bytes: int = LIMIT_BYTES,
) -> bytes:
    """An XMP packet that states `term`, merged into what `inherited` says of rights and origin.

    A stronger term in the inherited packet is kept. aigc: the text of the one AIGC label; without it, what the
    inherited packet holds there stays. systems: AI systems used, added to the inherited ones. limit_bytes: what the
    file format has room for; the longest inherited entries are left out until the packet fits.
    An inherited packet that cannot be read is a MarkError: the caller decides whether to go on without it.
    """
    kept = strongest(term, source_type(inherited))
    assert kept is not None
    named = dict.fromkeys([*values(inherited, SYSTEM_USED), *systems])
    label = aigc or next(iter(values(inherited, tc260.PROPERTY)), None)
    carried = _carried(parse(inherited)) if inherited else []
    stated = ET.Element(f"{{{RDF}}}Description", {f"{{{RDF}}}about": ""})
    ET.SubElement(stated, SOURCE_TYPE).text = uri(kept)
    if named:
        ET.SubElement(stated, SYSTEM_USED).text = "; ".join(named)
    if label:
        ET.SubElement(stated, tc260.PROPERTY).text = label
    written = _written([*carried, stated])
    while len(written) > limit_bytes and carried:
        _drop_longest(carried, len(written) - limit_bytes)
        written = _written([*carried, stated])
    return written


def _written(descriptions: list[ET.Element]) -> bytes:
    for prefix, namespace in PREFIXES.items():
        ET.register_namespace(prefix, namespace)
    meta = ET.Element(f"{{{META}}}xmpmeta")
    ET.SubElement(meta, f"{{{RDF}}}RDF").extend(descriptions)
    return (HEAD + ET.tostring(meta, encoding="unicode") + TAIL).encode()


def _drop_longest(descriptions: list[ET.Element], excess: int) -> None:
    """Leave out the longest properties until about `excess` characters are gone; emptied descriptions go, too."""
    entries: list[tuple[int, ET.Element, str | ET.Element]] = []
    for d in descriptions:
        entries += [(len(value), d, name) for name, value in d.attrib.items()]
        entries += [(len(ET.tostring(e)), d, e) for e in d]
    for length, description, what in sorted(entries, key=lambda entry: entry[0], reverse=True):
        if excess <= 0:
            break
        excess -= length
        if isinstance(what, str):
            del description.attrib[what]
        else:
            description.remove(what)
    descriptions[:] = [d for d in descriptions if len(d) or d.attrib] if excess <= 0 else []


def _carried(rdf: ET.Element) -> list[ET.Element]:
    """The descriptions worth keeping: without what is stated anew, camera settings, places and persons."""
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
    outside = name.startswith(tuple(f"{{{n}}}" for n in NOT_CARRIED)) or "GPS" in name
    return name in RESTATED or name in PLACES_AND_PERSONS or outside
