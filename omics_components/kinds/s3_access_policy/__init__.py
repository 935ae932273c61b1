"""S3 access policies of sequence stores."""
