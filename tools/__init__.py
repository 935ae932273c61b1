"""Tools that ``make`` runs."""
