"""Settings, logging, URLs: the only package that reads the environment."""
