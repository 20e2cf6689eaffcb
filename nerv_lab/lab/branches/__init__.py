"""Working aside and bringing it together: branches and merges."""
