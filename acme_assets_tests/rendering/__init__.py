"""Tests of answers as pictures and files: which picture an answer asks for, and what is in them."""
