"""Progress of a verb on standard error: one region of a terminal that is drawn anew, plain lines
elsewhere, or one JSON line an event.

`state` and `trials` turn events into a frozen state, `region` a state into what a terminal shows,
`lines` an event into the line that a log gets, and `event_json` into JSON: all pure. Effects are in
`display` (a terminal) and `observer` alone. Start with `observer`.

Nothing is written and nothing is drawn while a window is open, and no thread draws: the load is
driven by this process.
"""
