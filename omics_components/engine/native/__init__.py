"""The native front: a Pulumi plugin of its own, for programs in every language."""
