"""From a probed source to a set of renditions."""
