"""The kinds of resources: one folder each, with the same files; ``registry`` lists them."""
