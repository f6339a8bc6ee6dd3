"""Tests of the room `differences`."""
