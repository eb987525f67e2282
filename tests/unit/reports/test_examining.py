"""PDFs that are small and ask for everything: the process that reads them ends, and the answer is a sentence."""

import zlib
from collections.abc import Mapping

import pytest

from hcqic_gov.core.errors import Invalid
from reports import examining
from reports.examining import TOO_MUCH, examine_apart

PAGES = b"<</Type/Pages/Kids[]/Count 0>>"


def pdf(objects: Mapping[int, bytes]) -> bytes:
    """A file of these objects; the first is its catalogue."""
    data, places = b"%PDF-1.7\n", []
    for number, body in objects.items():
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return data + end % (size, table, size, len(data))


def forked_fields(depth: int = 30) -> bytes:
    """Each field has the next one twice below it: two to the thirtieth ways to walk."""
    catalogue = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[3 0 R]>>>>"
    fields = {n: b"<</T(a%d)/Kids[%d 0 R %d 0 R]>>" % (n, n + 1, n + 1) for n in range(3, 3 + depth)}
    return pdf({1: catalogue, 2: PAGES, **fields, 3 + depth: b"<</T(z)/FT/Sig/V 1 0 R>>"})


def packed_twice(mebibytes: int) -> bytes:
    """A sound file whose table of objects has so many zeros behind it, in a few bytes."""
    data = b"%PDF-1.7\n"
    places = []
    for body in (b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n", b"2 0 obj\n%s\nendobj\n" % PAGES):
        places.append(len(data))
        data += body
    rows = [bytes([0, 0, 0, 0, 255]), *(bytes([1, 0, 0, place, 0]) for place in (*places, len(data)))]
    machine = zlib.compressobj(9)
    once = machine.compress(b"".join(rows)) + b"".join(machine.compress(bytes(1024 * 1024)) for _ in range(mebibytes))
    twice = zlib.compress(once + machine.flush(), 9)
    head = b"<</Type/XRef/Size 4/W[1 3 1]/Root 1 0 R/Filter[/FlateDecode/FlateDecode]/Length %d>>" % len(twice)
    return data + b"3 0 obj\n%sstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (head, twice, len(data))


def test_what_is_read_for_ever_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "SECONDS", 1)
    data = forked_fields()
    assert len(data) < 3_000
    assert examine_apart(data, {}).fault == TOO_MUCH


@pytest.mark.parametrize(("mebibytes", "sentence"), [(1024, ""), (180, "The file is damaged")])
def test_what_unpacks_to_gigabytes_ends(monkeypatch: pytest.MonkeyPatch, mebibytes: int, sentence: str) -> None:
    """It would be read where there is room for it."""
    monkeypatch.setattr(examining, "MEMORY", mebibytes * 1024 * 1024)
    data = packed_twice(100)
    assert len(data) < 2_000
    assert examine_apart(data, {}).fault.partition(":")[0] == sentence


@pytest.mark.parametrize("data", [b"", b"no PDF", b"%PDF-1.7\nnothing more", pdf({1: b"<</Type/Catalog>>"})])
def test_what_is_no_report_has_its_sentence(data: bytes) -> None:
    found = examine_apart(data, {})
    assert found.fault.endswith(".")
    assert not found.signatures


def test_who_sends_many_does_not_hold_up_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "PATIENCE", 0.01)
    with examining.AT_ONCE, examining.AT_ONCE, pytest.raises(Invalid, match="Try again in a minute"):
        examine_apart(pdf({1: b"<</Type/Catalog>>"}), {})
