"""The page that shows how orders flow, and what needs a person."""
