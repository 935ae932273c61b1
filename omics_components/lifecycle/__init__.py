"""What all kinds of resources share: creation, the fence, adoption, default tags."""
