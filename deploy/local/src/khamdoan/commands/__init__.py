"""The subcommands: each module has `add_to(subparsers)` and imports what is heavy only when it runs."""
