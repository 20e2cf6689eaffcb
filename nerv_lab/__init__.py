"""Time-travelling knowledge graphs in notebooks."""
