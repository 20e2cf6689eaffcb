"""What is said to a server, and how: addresses, sessions, messages and HTTP."""
