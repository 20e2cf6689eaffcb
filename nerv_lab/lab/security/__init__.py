"""Who may do what, what is kept encrypted, and what is signed."""
