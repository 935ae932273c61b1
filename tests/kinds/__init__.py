"""What the tests know of each kind: one folder a kind, which the tests of all kinds iterate."""
