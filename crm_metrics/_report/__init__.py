"""The report of a company: its sections as data, in sentences, on a screen."""
