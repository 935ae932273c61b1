"""What AWS answers to lookups."""
