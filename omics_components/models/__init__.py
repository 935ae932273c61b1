"""What a resource is: inputs, state and their difference. No AWS SDK, no Pulumi, no I/O."""
