"""One file for each section: a pure function from a part of the snapshot to flowables."""
