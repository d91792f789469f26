"""Kafka on this machine: its jars, a broker or several, their settings, log-ins and rights."""
