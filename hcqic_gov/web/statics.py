"""Style sheets, scripts and icons under an address that changes with them, so that a browser may keep them for good."""

import hashlib
from pathlib import Path

from flask import Flask

FOLDER = Path(__file__).parent / "static"
KEEP = "public, max-age=31536000, immutable"


def make_app(name: str) -> Flask:
    """A Flask application whose static files lie below their common fingerprint.

    The fingerprint stands in the path, not behind a question mark: what a script or a style sheet names relative to
    itself then carries it too.
    """
    path = f"/static/{fingerprint(FOLDER)}"
    return Flask(name, static_folder=str(FOLDER), static_url_path=path, template_folder="web/templates")


def fingerprint(folder: Path) -> str:
    """Of the names and the bytes of all files in the folder."""
    digest = hashlib.sha256()
    for path in sorted(found for found in folder.rglob("*") if found.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
