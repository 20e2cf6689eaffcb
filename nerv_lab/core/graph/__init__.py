"""Entities, relations and states: what they are, how they change, and what is asked of them."""
