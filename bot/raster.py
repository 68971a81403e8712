"""SVG to PNG with the bundled font. `python -m bot.raster` reads an SVG and writes a PNG: the renderer keeps the interpreter to
itself for a tenth of a second, which a service that others talk to cannot spare.
"""

from __future__ import annotations

import sys

from resvg_py import svg_to_bytes

from bot.lettering import FAMILY, font_file


def png(svg: str) -> bytes:
    """The picture. Raises ValueError when the SVG cannot be rendered, FileNotFoundError without the font."""
    fonts = [str(font_file(bold)) for bold in (False, True)]
    return bytes(
        svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=fonts, font_family=FAMILY, sans_serif_family=FAMILY)
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(png(sys.stdin.buffer.read().decode()))
