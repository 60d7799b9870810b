"""Unit commitment: one file per published formulation."""
