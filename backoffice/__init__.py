"""What the admin pages of all apps share: read-only pages, exact search, panels, formats. It knows no app."""
