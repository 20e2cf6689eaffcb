"""Tables of pandas, CSV and Arrow, in and out."""
