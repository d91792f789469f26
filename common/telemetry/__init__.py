"""The tracer of `common/tracing.py`: the only modules that know OpenTelemetry, imported where traces are wanted."""
