"""The rule engine: pure, Decimal, no country in the code."""
