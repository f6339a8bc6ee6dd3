"""Answers as pictures, drawn by a library, and as files of other programs."""
