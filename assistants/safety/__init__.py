"""Safety: what must not leave this machine, and what must not come in.

personal.py  telephone numbers, ID cards, bank cards and e-mail addresses, hidden and put back
"""
