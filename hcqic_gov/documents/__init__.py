"""Evidence files and issued papers, stored once by the hash of their content."""
