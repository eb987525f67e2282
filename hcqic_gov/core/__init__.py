"""Words that every part of the system shares; knows no web, no database and no file."""
