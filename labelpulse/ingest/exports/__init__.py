"""What the readers of other tools' exports share: items that hold what people said of them.

`outline` tells by its first keys whose a file is, `elements` reads it one item at a time,
`answers` learns the controls that a file does not name, `parts` takes apart what may be of any
type, and `reader` makes records of it all, so that a tool's own file is only its mapping.
"""
