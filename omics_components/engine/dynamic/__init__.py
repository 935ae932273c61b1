"""The front for Pulumi's dynamic providers: in the program and in the plugin process."""
