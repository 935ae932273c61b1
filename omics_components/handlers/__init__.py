"""What a change means: check, diff, create, read, update and delete of one kind. No Pulumi."""
