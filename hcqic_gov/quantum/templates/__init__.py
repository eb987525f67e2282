"""Use-case templates: a quantum method and its classical baseline on one problem, in the same confined process."""
