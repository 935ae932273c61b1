"""The Pulumi programs that are measured, one folder each. The harness copies them before it runs them."""
