"""Texts as they are read out: numbers, dates, money and short forms in words.

`saying.say` writes a text in words, `splitting.split` cuts it into pieces for an engine. Pure
functions over tables; no engine and no sound here.
"""
