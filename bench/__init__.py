"""The bench: what a decision at this door costs, beside the least it could cost (`python -m bench`, `make bench`).

Everything is measured from outside, on what ships: the built wheel in a virtual environment of its own, driven over
the same terminals that a reader and a relay would be. All data stands under `bench/data`, all numbers in
`bench/results.json`.
"""
