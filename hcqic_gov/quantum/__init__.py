"""Circuits as text, their cost, and their simulation in a child process; only that child imports Qiskit."""
