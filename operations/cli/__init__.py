"""The common parts of commands: base classes, arguments, progress, and processes that run until SIGTERM."""
