"""Deckard gives a script a voice and a face.

text ──script──▶ Line ──speech──▶ Speech ──motion──▶ Motion ──face──▶ frames ──clip──▶ mp4
"""

__version__ = "0.1.0"
