"""PDFs in any script, written page by page.

`bidi` orders text that runs both ways, `fonts` finds a font for every character, `text` shapes and
breaks lines, `file` is the format, `paper` is a sheet to write on, `table` is a list on sheets. A
file has of each font only what it uses. Loading what draws takes a tenth of a second: commands
import `paper` only when they draw.
"""

from turnout.formats.pdf.sizes import PaperSize, Sides

__all__ = ["PaperSize", "Sides"]
