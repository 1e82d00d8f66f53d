"""Files and devices, in and out: what fills a session's inputs, and what keeps or plays its sound.

A *feeder* fills one input, its attribute `input`. It has `feed(until)`, which pushes all that belongs before media time
`until` (ns; a device pushes by itself and does nothing there), `finished`, `notices()`, which tells each problem once,
and `close()`.
"""
