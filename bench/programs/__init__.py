"""The Pulumi programs that are measured, one folder each; they run as copies."""
