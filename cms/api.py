"""The JSON API, version 1: each package brings its own routes."""
