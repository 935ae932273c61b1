"""Symmetric KMS keys."""
