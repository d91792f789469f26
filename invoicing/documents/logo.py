"""The picture at the head of documents for people."""

from pathlib import Path

import typst

MAX_BYTES = 512 * 1024  # it is in each PDF
SUFFIXES = (".png", ".svg")


def check_logo(path: Path) -> None:
    """Raises:
    ValueError: documents can't be made with this file.
    """
    if path.suffix.lower() not in SUFFIXES or path.stat().st_size > MAX_BYTES:
        raise ValueError(f"must be a PNG or SVG file of at most {MAX_BYTES // 1024} KiB")
    compiler = typst.Compiler(root=path.absolute().parent, ignore_system_fonts=True)
    try:
        source = b"#image(sys.inputs.logo, height: 16mm)"
        compiler.compile(source, format="pdf", pdf_standards=["a-3b"], sys_inputs={"logo": path.name})
    except typst.TypstError as error:
        raise ValueError(f"must be a picture that can be typeset ({error.message[:200]})") from None
