"""How sure a number is: intervals, and changes with a verdict. No metric is known here."""
