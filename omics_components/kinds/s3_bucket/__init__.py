"""S3 buckets for failed uploads and access logs."""
