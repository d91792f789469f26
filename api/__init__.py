"""The HTTP code that the apps share."""
