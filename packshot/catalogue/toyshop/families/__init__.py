"""Parametric families of toys: one function `(Form) -> list[Part]` a category; no two products of one are alike."""
