"""Marks of the input: kept, merged, never weakened; forged and hostile ones are named and do no harm."""

import io
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from c2pa import Reader
from PIL import Image, PngImagePlugin

from packshot.errors import FileError
from packshot.imaging import files
from packshot.provenance import manifest, marks, policies, tc260
from packshot.provenance.encoding import Encoding
from packshot.provenance.export import export
from packshot.provenance.origin import of_file, origin
from packshot.provenance.step import Step
from packshot.provenance.verify import verify
from tests.provenance.marked import DEFAULT, HISTORY, SCENE, SUFFIXES, picture

FOREIGN = tc260.Label("1", "001191110102MACQD9K64010000", "their-1", "their-hash", "them", "their-1", "")
HEAD = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{marks.RDF}"><rdf:Description rdf:about="" '
TAIL = "</rdf:Description></rdf:RDF></x:xmpmeta>"


def packet(inside="", attributes=""):
    names = f'xmlns:TC260="{tc260.NAMESPACE}" xmlns:Iptc4xmpExt="{marks.IPTC_EXT}" '
    return (HEAD + names + 'xmlns:dc="http://purl.org/dc/elements/1.1/" ' + attributes + ">" + inside + TAIL).encode()


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def photo(path, xmp=None, **extra):
    """A picture file of another program, written by Pillow; XMP of a PNG goes into its text chunk."""
    image = Image.new("RGB", (64, 48), "teal")
    if path.suffix == ".png" and xmp is not None:
        extra["pnginfo"] = PngImagePlugin.PngInfo()
        extra["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode())
    elif xmp is not None:
        extra["xmp"] = xmp
    image.save(path, **extra)
    return path


FRAMED = (Step("frame"),)


def passed_through(path, target, history=FRAMED, policy=DEFAULT, **options):
    loaded = files.open_picture(path)
    return export(loaded.picture, target, history, policy, source=origin(loaded.source, path.read_bytes()), **options)


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("as_attribute", [True, False])
def test_a_foreign_label_is_carried_over_from_every_form(tmp_path, wrapped, as_attribute):
    text = escaped(FOREIGN.text(wrapped=wrapped))
    xmp = packet(attributes=f'TC260:AIGC="{text}"') if as_attribute else packet(f"<TC260:AIGC>{text}</TC260:AIGC>")
    done = passed_through(photo(tmp_path / "in.jpg", xmp), tmp_path / "out.jpg")
    assert marks.values(files.open_picture(done.path).source.xmp, tc260.PROPERTY) == [FOREIGN.text()]
    assert done.marks["iptc_digital_source_type"] == "compositeWithTrainedAlgorithmicMedia"  # no photo, says the label


@pytest.mark.parametrize(
    "term", ["algorithmicallyEnhanced", "compositeSynthetic", "compositeWithTrainedAlgorithmicMedia"]
)
def test_exporting_an_own_file_again_states_the_same(tmp_path, term):
    step = Step("cutout", digital_source_type=term, weights={"net": "ab" * 32})
    one = export(picture(64, 96), tmp_path / "one.jpg", (step,), DEFAULT)
    two = passed_through(one.path, tmp_path / "two.png", ())
    same = ("iptc_digital_source_type", "tc260_aigc", "c2pa")
    assert [two.marks[key] for key in same] == [one.marks[key] for key in same]
    assert one.marks["iptc_digital_source_type"] == term


def test_a_file_that_calls_itself_a_photo_and_made_by_ai_is_not_a_photo(tmp_path):
    text = f"<TC260:AIGC>{escaped(FOREIGN.text())}</TC260:AIGC>"
    xmp = packet(text + f"<Iptc4xmpExt:DigitalSourceType>{marks.uri('digitalCapture')}</Iptc4xmpExt:DigitalSourceType>")
    done = passed_through(photo(tmp_path / "in.jpg", xmp), tmp_path / "out.jpg")
    assert done.marks["iptc_digital_source_type"] == "compositeWithTrainedAlgorithmicMedia"


def test_a_label_outside_of_xmp_is_carried_over(tmp_path):
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("AIGC", FOREIGN.text(wrapped=False))
    photo(tmp_path / "in.png", pnginfo=chunks)
    assert verify(tmp_path / "in.png").tc260.detail.startswith("stands outside of XMP")
    done = passed_through(tmp_path / "in.png", tmp_path / "out.jpg")
    assert tc260.parse(verify(done.path).tc260.value) == FOREIGN


def test_the_producer_stays_and_we_become_the_propagator_where_we_generated_too(tmp_path):
    xmp = packet(f"<TC260:AIGC>{escaped(tc260.Label('3', 'Them', 'their-1', 'kept').text())}</TC260:AIGC>")
    source = photo(tmp_path / "in.jpg", xmp)
    label = tc260.parse(passed_through(source, tmp_path / "a.jpg", (SCENE,)).marks["tc260_aigc"])
    assert (label.label, label.producer, label.produce_id, label.reserved_1) == ("1", "Them", "their-1", "kept")
    assert label.propagator == "packshot"
    only_framed = tc260.parse(passed_through(source, tmp_path / "b.jpg").marks["tc260_aigc"])
    assert (only_framed.label, only_framed.propagator) == ("3", "")
    named = policies.find({"producer": "0011shop"})
    passed_on = tc260.parse(passed_through(source, tmp_path / "c.jpg", policy=named).marks["tc260_aigc"])
    assert (passed_on.label, passed_on.producer, passed_on.propagator) == ("3", "Them", "0011shop")


def test_two_labels_in_one_file_become_the_strongest_one(tmp_path):
    texts = [tc260.Label("3", "A", "1").text(), tc260.Label("1", "B", "2").text()]
    xmp = packet("".join(f"<TC260:AIGC>{escaped(text)}</TC260:AIGC>" for text in texts))
    source = photo(tmp_path / "in.jpg", xmp)
    assert "2 labels" in verify(source).tc260.detail
    done = passed_through(source, tmp_path / "out.jpg")
    assert tc260.parse(verify(done.path).tc260.value).producer == "B"


def test_a_label_with_double_keys_is_named_and_not_lost(tmp_path):
    text = '{"AIGC":{"Label":"1","Label":"3","ContentProducer":"a","ProduceID":"b"}}'
    source = photo(tmp_path / "in.jpg", packet(f"<TC260:AIGC>{escaped(text)}</TC260:AIGC>"))
    found = verify(source)
    assert (found.tc260.state, found.ok) == ("unreadable", False)
    assert "twice" in found.tc260.detail
    done = passed_through(source, tmp_path / "out.jpg")
    assert any("twice" in note for note in done.notes)
    assert done.marks["tc260_aigc"] == text  # as it came: not ours to judge
    generated = passed_through(source, tmp_path / "b.jpg", (SCENE,))
    assert tc260.parse(generated.marks["tc260_aigc"]).producer == "packshot"


def test_an_iptc_term_without_label_gets_a_label_of_an_unknown_producer(tmp_path):
    source = photo(tmp_path / "in.jpg", marks.packet("trainedAlgorithmicMedia"))
    label = tc260.parse(passed_through(source, tmp_path / "out.jpg").marks["tc260_aigc"])
    assert (label.label, label.producer, label.propagator) == ("1", "unknown", "packshot")


def test_a_term_that_only_the_manifest_states_is_not_lost(tmp_path):
    """Another program took the XMP away, but left the manifest: what it says still counts."""
    signed = manifest.sign(
        photo(tmp_path / "plain.jpg").read_bytes(),
        "image/jpeg",
        [{"action": "c2pa.created", "digitalSourceType": marks.uri("trainedAlgorithmicMedia")}],
        manifest.Signing(),
    )
    (tmp_path / "in.jpg").write_bytes(signed)
    done = passed_through(tmp_path / "in.jpg", tmp_path / "out.webp")
    assert done.marks["iptc_digital_source_type"] == "trainedAlgorithmicMedia"
    assert verify(done.path).ok


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_altered_input_is_kept_as_an_ingredient_that_does_not_hold(tmp_path, suffix):
    one = export(picture(64, 96), tmp_path / "one.jpg", HISTORY, DEFAULT)
    data = bytearray(one.path.read_bytes())
    data[-300] ^= 1
    one.path.write_bytes(data)
    done = passed_through(one.path, tmp_path / f"two{suffix}")
    assert any("do not hold" in note and "dataHash" in note for note in done.notes)
    assert verify(done.path).c2pa.state == "valid"  # our own signature; what came before is said to be broken
    with Reader(str(done.path)) as reader:
        (ingredient,) = reader.get_active_manifest()["ingredients"]
    failures = {f["code"] for f in ingredient["validation_results"]["activeManifest"]["failure"]}
    assert "assertion.dataHash.mismatch" in failures


def test_a_manifest_cut_out_of_another_file_is_tampering(tmp_path):
    """A forged picture that wears a true picture's manifest."""
    true = export(picture(64, 96), tmp_path / "true.jpg", HISTORY, DEFAULT).path.read_bytes()
    begin = true.find(b"\xff\xeb")
    length = 2 + int.from_bytes(true[begin + 2 : begin + 4], "big")
    forged = photo(tmp_path / "forged.jpg").read_bytes()
    (tmp_path / "forged.jpg").write_bytes(forged[:2] + true[begin : begin + length] + forged[2:])
    found = verify(tmp_path / "forged.jpg")
    assert (found.c2pa.state, found.ok) == ("tampered", False)
    done = passed_through(tmp_path / "forged.jpg", tmp_path / "out.jpg")
    assert any("do not hold" in note for note in done.notes)


@pytest.mark.parametrize("damage", ["middle", "cut", "noise"])
def test_a_damaged_manifest_is_named_and_the_picture_still_leaves(tmp_path, damage):
    data = bytearray(export(picture(64, 96), tmp_path / "one.jpg", HISTORY, DEFAULT).path.read_bytes())
    at = data.find(b"jumdc2pa")
    if damage == "middle":
        data[at + 60 : at + 400] = b"Z" * 340
    elif damage == "cut":
        data[at + 30 : at + 34] = b"\xff\xff\xff\xff"
    else:
        data[at + 40 : at + 2000] = os.urandom(1960)
    (tmp_path / "one.jpg").write_bytes(data)
    found = verify(tmp_path / "one.jpg")
    assert found.c2pa.state == "tampered"
    done = passed_through(tmp_path / "one.jpg", tmp_path / "out.jpg")
    assert any("Content Credentials" in note for note in done.notes)
    assert verify(done.path).c2pa.state == "valid"


BOMB = b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 1000 + b'"><!ENTITY y "' + b"&x;" * 1000 + b'">]>'
HOSTILE = {
    "entities": BOMB + packet("<dc:title>&y;</dc:title>"),
    "external entity": b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + packet("<dc:title>x</dc:title>"),
    "ten megabytes": packet("<dc:title>" + "x" * 10_000_000 + "</dc:title>"),
    "deep": packet("<dc:a>" * 20_000 + "</dc:a>" * 20_000),
    "double attribute": packet(attributes='TC260:AIGC="a" TC260:AIGC="b"'),
    "not closed": packet("<dc:title>")[:-20],
    "not XML": b"\0\1\2 nothing at all",
    "wrong encoding": b'<?xml version="1.0" encoding="utf-7"?>' + packet("<dc:title>x</dc:title>"),
    "no RDF": b"<x/>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_packets_are_named_and_do_no_harm(tmp_path, name):
    """Inside a PNG, which holds a packet of any size."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "PNG")
    data = buffer.getvalue()
    from packshot.imaging.files.containers import _chunk

    text = _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + HOSTILE[name])
    (tmp_path / "in.png").write_bytes(data[:33] + text + data[33:])
    found = verify(tmp_path / "in.png")
    assert found.iptc.state in ("unreadable", "missing")
    assert found.problems or name == "no RDF" or found.iptc.state == "unreadable"
    done = passed_through(tmp_path / "in.png", tmp_path / "out.jpg", (SCENE,))
    assert verify(done.path).ok
    assert any("XMP" in note for note in (*files.open_picture(tmp_path / "in.png").source.notes, *done.notes))
    assert b"root:" not in done.path.read_bytes()
    assert done.bytes < 60_000


@pytest.mark.parametrize("name", ["not closed", "entities", "ten megabytes", "deep"])
def test_what_an_unreadable_packet_says_of_ai_still_counts(tmp_path, name):
    """Else a broken packet would turn a generated picture into a photo."""
    from packshot.imaging.files.containers import _chunk

    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "PNG")
    said = HOSTILE[name] + marks.uri("trainedAlgorithmicMedia").encode() + b"<" + escaped(FOREIGN.text()).encode()
    text = _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + said)
    (tmp_path / "in.png").write_bytes(buffer.getvalue()[:33] + text + buffer.getvalue()[33:])
    done = passed_through(tmp_path / "in.png", tmp_path / "out.jpg")
    assert done.marks["iptc_digital_source_type"] == "trainedAlgorithmicMedia"
    assert tc260.parse(done.marks["tc260_aigc"]) == FOREIGN


def test_a_term_nobody_knows_yet_is_kept_and_gives_way_to_a_stronger_one(tmp_path):
    new = "http://cv.iptc.org/newscodes/digitalsourcetype/dreamtByMachine"
    source = photo(tmp_path / "in.jpg", packet(f"<Iptc4xmpExt:DigitalSourceType>{new}</Iptc4xmpExt:DigitalSourceType>"))
    done = passed_through(source, tmp_path / "out.jpg")
    assert done.marks["iptc_digital_source_type"] == new
    assert verify(done.path).iptc.value == new
    assert passed_through(done.path, tmp_path / "b.jpg", ()).marks["iptc_digital_source_type"] == new
    assert passed_through(source, tmp_path / "c.jpg", (SCENE,)).marks["iptc_digital_source_type"] == (
        "compositeWithTrainedAlgorithmicMedia"
    )


def test_a_packet_too_long_for_a_jpeg_loses_its_longest_entries_and_says_so(tmp_path):
    inside = f"<dc:description>{'d' * 90_000}</dc:description><dc:rights>© A Shop</dc:rights>"
    source = photo(tmp_path / "in.png", packet(inside))
    done = passed_through(source, tmp_path / "out.jpg", (SCENE,))
    assert any("longest entries" in note for note in done.notes)
    xmp = files.open_picture(done.path).source.xmp
    assert "© A Shop".encode() in xmp
    assert b"dddd" not in xmp
    whole = passed_through(source, tmp_path / "out.png", (SCENE,))
    assert b"dddd" in files.open_picture(whole.path).source.xmp


def test_nothing_is_fetched_from_the_network(tmp_path):
    """An input may name a remote manifest; asking for it would tell a stranger who reads the picture, and when."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/manifest.c2pa"
        xmp = packet(attributes=f'xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{url}"')
        source = photo(tmp_path / "in.jpg", xmp)
        verify(source)
        of_file(source)
        done = passed_through(source, tmp_path / "out.jpg")
        assert verify(done.path).ok
    finally:
        server.shutdown()
    assert asked == []


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif"])
@pytest.mark.parametrize("budget", [10_000, 20_000, 60_000])
def test_a_byte_budget_counts_the_marks(tmp_path, suffix, budget):
    encoding = Encoding.of_path(tmp_path / f"a{suffix}", max_bytes=budget)
    done = export(picture(300, 400), tmp_path / f"a{suffix}", HISTORY, DEFAULT, encoding=encoding)
    assert done.path.stat().st_size <= budget
    assert verify(done.path).ok


PLACE = {"@context": {"exif": "http://ns.adobe.com/exif/1.0/"}, "exif:GPSLatitude": "52,31.2N", "exif:Make": "Maker"}


@pytest.mark.parametrize("labels", [["stds.exif"], ["c2pa.metadata"], ["stds.exif", "stds.exif", "c2pa.metadata"]])
@pytest.mark.parametrize("generations", [1, 2])
def test_places_in_a_cameras_manifest_are_redacted_and_the_rest_of_it_stays(tmp_path, labels, generations):
    from packshot.provenance.credentials import Signing

    first = {"action": "c2pa.created", "digitalSourceType": marks.uri("digitalCapture")}
    assertions = [{"label": "c2pa.actions.v2", "data": {"actions": [first]}}]
    assertions += [{"label": label, "data": PLACE, "kind": "Json"} for label in labels]
    data = photo(tmp_path / "plain.jpg").read_bytes()
    from c2pa import Builder

    for _ in range(generations):
        target = io.BytesIO()
        with Builder({"assertions": assertions}, manifest._context(os.getpid())) as builder:
            if b"jumdc2pa" in data:
                builder.add_ingredient({"title": "x", "relationship": "componentOf"}, "image/jpeg", io.BytesIO(data))
            builder.sign(manifest.signer(Signing()), "image/jpeg", io.BytesIO(data), target)
        data = target.getvalue()
    assert b"GPSLatitude" in data
    (tmp_path / "in.jpg").write_bytes(data)
    done = passed_through(tmp_path / "in.jpg", tmp_path / "out.webp")
    assert b"GPSLatitude" not in done.path.read_bytes()
    assert any("redacted" in note for note in done.notes)
    found = verify(done.path)
    assert found.ok
    assert "c2pa.redacted" in found.c2pa.value
    with Reader(str(done.path)) as reader:
        everything = json.loads(reader.json())
    assert len(everything["manifests"]) == generations + 1
    codes = [entry["code"] for entry in everything.get("validation_status", [])]
    assert set(codes) <= {"signingCredential.untrusted"}


def test_camera_data_without_place_or_number_stays(tmp_path):
    from packshot.provenance.credentials import Signing

    first = {"action": "c2pa.created", "digitalSourceType": marks.uri("digitalCapture")}
    plain = {"@context": PLACE["@context"], "exif:Make": "Maker"}
    from c2pa import Builder

    target = io.BytesIO()
    assertions = [{"label": "c2pa.actions.v2", "data": {"actions": [first]}},
                  {"label": "stds.exif", "data": plain, "kind": "Json"}]  # fmt: skip
    with Builder({"assertions": assertions}, manifest._context(os.getpid())) as builder:
        source = io.BytesIO(photo(tmp_path / "plain.jpg").read_bytes())
        builder.sign(manifest.signer(Signing()), "image/jpeg", source, target)
    (tmp_path / "in.jpg").write_bytes(target.getvalue())
    done = passed_through(tmp_path / "in.jpg", tmp_path / "out.jpg")
    assert b"exif:Make" in done.path.read_bytes()
    assert "c2pa.redacted" not in verify(done.path).c2pa.value


def test_a_budget_counts_the_manifest_of_the_input_too_and_says_so_if_it_cannot_be_met(tmp_path):
    one = export(picture(300, 400), tmp_path / "one.jpg", HISTORY, DEFAULT)
    done = passed_through(one.path, tmp_path / "two.jpg", encoding=Encoding(max_bytes=25_000))
    assert done.path.stat().st_size <= 25_000
    with pytest.raises(FileError, match=r"marks alone take|less .* for the signature"):
        passed_through(one.path, tmp_path / "three.jpg", encoding=Encoding(max_bytes=6_000))
    assert not (tmp_path / "three.jpg").exists()


def test_a_generation_of_re_exports_keeps_every_earlier_manifest(tmp_path):
    path = export(picture(64, 96), tmp_path / "0.jpg", HISTORY, DEFAULT).path
    for number in range(1, 4):
        path = passed_through(path, tmp_path / f"{number}.jpg").path
    with Reader(str(path)) as reader:
        assert len(json.loads(reader.json())["manifests"]) == 4
    assert verify(path).ok
