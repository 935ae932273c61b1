"""What all kinds of resources share.

- ``handler``: the steps that an engine asks for, and the skeleton of each.
- ``creation``: create a resource once, or resume an interrupted creation.
- ``fence``: who may change or delete a resource. ``adoption``: taking one over.
- ``replacement``: what a replacement or a deletion loses.
- ``region``, ``default_tags``, ``same_account``: parts of the skeleton.
"""
