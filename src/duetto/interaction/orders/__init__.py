"""Standing orders: stated once, then checked in every micro-turn for microseconds, with no model asked.

conditions.py  how each kind of condition is met: `step`, pure
happening.py   what has happened, as conditions see it
needs.py       what an order waits for: an order is not touched in a micro-turn that has nothing of it
hearing.py     phrases in what is said and typed, each occurrence once
clauses.py     clauses of what the user says, for speech behind theirs
asking.py      questions that the brain is asked for an order
book.py        orders given and withdrawn
remarks.py     what is said of an order, and that it does not become a flood
check.py       one micro-turn of all of them

A brain or a program states an `Order` (timeline/order.py), `book.give` refuses it with a sentence or puts it in force,
`check.check` finds what is met. What is remembered is in `interaction.standing`, a part of the `State`.
"""
