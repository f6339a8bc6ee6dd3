"""Transforms: raw rows become typed versions, and versions become answers."""
