"""Any roster file to cells, safely: bytes in, `contracts.roster_cells` out; what is hostile is refused as a whole."""
