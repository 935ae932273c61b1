"""Stores of a dynamic provider as Pulumi's documentation shows one."""
