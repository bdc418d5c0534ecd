"""`python -m khamdoan` is the same as `khamdoan`."""

import sys

from khamdoan import cli

sys.exit(cli.main())
