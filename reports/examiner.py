"""The process in which the PDF of a stranger is read, with little memory and time: `python -m reports.examiner`."""

import json
import resource
import sys
from base64 import b64decode
from dataclasses import asdict

from asn1crypto.x509 import Certificate  # type: ignore[import-untyped]

from hcqic_gov.core.canonical import fingerprint


def enclosed(memory: int, seconds: int) -> None:
    """From here on: so much memory and time, no file written, no dump of what was read."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main() -> None:
    """A line with the limits and the certificates that are known, then the file; the answer as JSON."""
    from reports.examining import examine

    asked = json.loads(sys.stdin.buffer.readline())
    enclosed(asked["memory"], asked["seconds"])
    ders = [b64decode(one) for one in asked["certificates"]]
    found = examine(sys.stdin.buffer.read(), {fingerprint(der): Certificate.load(der) for der in ders})
    sys.stdout.write(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
