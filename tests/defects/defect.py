"""A defect that other systems had, as a change of this one's code."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Change:
    """`before`, which stands in the file exactly once, becomes `after`."""

    path: str
    before: str
    after: str

    def fits(self, root: Path) -> bool:
        return (root / self.path).read_text().count(self.before) == 1

    def make(self, root: Path) -> None:
        file = root / self.path
        file.write_text(file.read_text().replace(self.before, self.after))


@dataclass(frozen=True)
class Defect:
    """Changes that put a defect in, and the test that fails then.

    Args:
        pitfall: how the list of pitfalls puts it.
        test: as pytest takes it.
    """

    name: str
    pitfall: str
    changes: tuple[Change, ...]
    test: str
