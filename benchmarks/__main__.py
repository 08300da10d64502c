"""`python -m benchmarks [NAME …]`: measure all, or those named."""

import sys
from importlib import import_module

NAMES = ("engine", "evaluation", "polling", "store", "delivery", "reporting", "force_days", "growth")

if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        import_module(f"benchmarks.{name}").main()
