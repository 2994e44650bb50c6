"""Independent units in buckets, and a metric on resamples of them."""
