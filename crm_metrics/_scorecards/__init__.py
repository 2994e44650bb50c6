"""Many metrics of a company at once, and each as data: catalogue, scorecard, trend, explanation."""
