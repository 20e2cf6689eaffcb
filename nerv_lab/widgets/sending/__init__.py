"""Keeping the views of a widget up to date: frames, streams and acknowledgements."""
