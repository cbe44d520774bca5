"""Analytic solutions that the program is compared with: pure functions of SI quantities, each with its source."""
