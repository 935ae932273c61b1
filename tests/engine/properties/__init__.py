"""The table of all properties: one module for each kind of resource."""
