"""Inherent risk of countries and raw materials: where to look first, never a judgement on a supplier."""
