"""Free text to values and requests: no I/O, no model, no state; linear in the length of the text."""
