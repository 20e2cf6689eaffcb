"""Our module as a client sees it: its tables, its reducers and their arguments."""
