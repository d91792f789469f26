"""Documents a second in one process, of three sizes.

    .venv/bin/python -m benchmarks.documents

Without database and HTTP: it measures the rendering, which the first request of a document waits for. Later requests
read a row.
"""

import os
import sys
import time
from collections.abc import Mapping

SIZES = (3, 675, 2000)  # lines
SECONDS = 5.0  # for each figure, and one document at least


def measure() -> Mapping[tuple[int, str], float]:
    """Documents a second, by lines and format."""
    from invoicing.documents.formats import Format
    from invoicing.documents.rendering import render
    from tests.documents.shapes import document

    figures = {}
    for size in SIZES:
        for form in (Format.PDF, Format.HTML, Format.UBL, Format.CII):
            count, spent = -1, 0.0  # the first document is not counted: it loads fonts and templates
            while spent < SECONDS:
                # Different names for each document, because typst caches what it has typeset.
                names = {n: f"Mug {n} of {count}" for n in range(1, size + 1)}
                made = document(*((n % 7 + 1, f"{n % 90}.49", "0.2", "S") for n in range(size)), names=names)
                start = time.perf_counter()
                render(made, form, "")
                count, spent = count + 1, spent + time.perf_counter() - start if count >= 0 else 0.0
            figures[size, form.value] = count / spent
    return figures


def report(figures: Mapping[tuple[int, str], float]) -> None:
    print(f"{'lines':>6}  {'format':<6} {'a second':>9} {'ms each':>9}")
    for (size, form), rate in figures.items():
        print(f"{size:>6}  {form:<6} {rate:>9.1f} {1000 / rate:>9.1f}")


def main() -> int:
    settings = {"SECRET_KEY": "none", "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"}
    settings |= {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "DJANGO_SETTINGS_MODULE": "config.settings"}
    os.environ.update(settings)
    import django

    django.setup()
    report(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
