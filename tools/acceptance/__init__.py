"""Try on an AWS account, or on an emulator, what the registry assumes of AWS."""
