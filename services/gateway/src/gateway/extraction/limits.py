"""What a roster file may cost, and the refusal that a breach becomes."""

MAX_EXPANDED_BYTES = 200 * 1024 * 1024
MAX_COLUMNS = 512
MAX_ROWS = 110_000
"""Filled rows of one sheet: 100,000 persons with headings and subtotals."""
MAX_GRID_CELLS = 6_000_000
"""Cells of the rectangle that a sheet spans, blank ones included: what the workbook library keeps in memory."""
MAX_PARTS = 5_000
MAX_MEMORY_BYTES = 512 * 1024 * 1024
MAX_SECONDS = 8
"""Processor time of one file: how busy the machine is must not decide whether a file can be read."""
LONGEST_WAIT_SECONDS = 60.0
"""By the clock, until whoever waits is asked to come again; the file is not blamed."""
MAX_TEXT = 32_767
"""Characters of a cell, as spreadsheet programs have it; the rest of a longer text is cut."""


class FileRefusedError(Exception):
    """A file that yields no rows; `codes` are the stable `file.*` codes to answer with."""

    def __init__(self, *codes: str) -> None:
        super().__init__(", ".join(codes))
        self.codes = sorted(codes)
