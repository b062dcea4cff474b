"""The performance claims, each a module that measures one and prints it as one JSON object.

`python -m bench [NAME] [--size small|full]` runs them. Every ratio is against something measured in the same
run on the same machine, so that it means the same on another one.
"""
