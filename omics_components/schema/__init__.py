"""What every kind's model is built of: fields, ARNs, policies, owner tags, validation. Pure."""
