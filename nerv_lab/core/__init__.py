"""The pure core: values, model, changes, state, history, events. No I/O, no threads."""
