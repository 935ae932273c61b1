"""What the library costs, beside what people would use instead: ``make bench``."""
