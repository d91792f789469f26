"""The HTTP edge that the apps share."""
