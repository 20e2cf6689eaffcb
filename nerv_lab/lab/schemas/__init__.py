"""What the items of a type are to be like, and what to do where they are not."""
