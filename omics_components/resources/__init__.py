"""What a program declares: resources with keyword arguments in and typed outputs out."""
