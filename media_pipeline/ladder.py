"""Which heights and bit rates a lecture is encoded in."""
