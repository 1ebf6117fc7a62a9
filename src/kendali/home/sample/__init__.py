"""The sample organisation and its sources: real tables, real files, invented people.

What makes the sources needs no Django, so that benchmarks can use it too.
"""
