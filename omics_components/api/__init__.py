"""What AWS says: one module per AWS service over boto3, typed on both sides. No Pulumi."""
