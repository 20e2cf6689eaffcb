"""What of a graph and its history a view shows, as the browser takes it."""
