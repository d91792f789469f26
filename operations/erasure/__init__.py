"""Erasing the personal data of a customer where nothing obliges to keep it: see docs/personal-data.md."""
