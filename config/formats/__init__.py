"""How Django writes dates and times."""
