"""The ethics committees: their members' terms, their meetings, who attended, and the minutes of a meeting as such."""
