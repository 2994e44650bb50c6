"""What a number, a label and a time are, exact and maybe missing; and how answers are written."""
