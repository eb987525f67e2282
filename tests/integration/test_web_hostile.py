"""Circuits that were written to hurt, handed in through the form: a sentence for each, and the site goes on."""

import time

import pytest
from flask import Flask
from markupsafe import escape

from hcqic_gov.quantum import textgate
from tests import hostile, sandbox_steps
from tests.factories import World, client_of

pytestmark = pytest.mark.one_database

KINDS = (
    "vast register", "long sizes", "bomb of definitions", "parentheses", "infinite angles", "files", "endless loop",
    "random bytes", "long statement", "misleading characters", "comments", "brackets and braces",
)  # fmt: skip


def test_each_kind_gets_a_sentence_and_ends_nothing(app: Flask, world: World) -> None:
    project = sandbox_steps.ready(world)
    client = client_of(app, world["project_lead"])
    form = {
        "project": project.reference,
        "title": "Hostile",
        "purpose": "method_development",
        "shots": "10",
        "seed": "1",
    }
    for kind in KINDS:
        text = next(text for text in hostile.kinds()[kind] if not textgate.read(text).allowed)
        began = time.process_time()
        answer = client.post("/sandbox/request", data={**form, "source": text, "version": "0"})
        page = client.get(answer.location).text if answer.status_code == 302 else answer.text
        assert time.process_time() - began < 4, kind
        assert answer.status_code in {200, 302, 400, 413, 422}, (kind, answer.status_code)
        if answer.status_code == 302:
            reason = str(escape(textgate.read(text.replace("\r\n", "\n")).refusals[0].reason))
            assert reason[:60] in page, kind
        else:
            assert "error" in page.lower(), kind
    assert client.get("/sandbox/").status_code == 200
