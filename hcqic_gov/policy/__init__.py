"""Reads policies/ into typed objects and answers "may this person do this to that?"."""
