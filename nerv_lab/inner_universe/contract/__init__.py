"""What a client of the Inner Universe must do, and what all of them share."""
