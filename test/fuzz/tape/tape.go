// Package tape turns the bytes of a fuzzer into requests: each byte decides something, so that a small change of the bytes is a
// small change of what they say. What the end of a tape decides is 0, which means the plainest there is.
package tape

// Tape is read from its beginning to its end.
type Tape struct {
	bytes []byte
}

// New returns a tape of these bytes.
func New(bytes []byte) *Tape { return &Tape{bytes: bytes} }

// Done reports whether all was read.
func (t *Tape) Done() bool { return len(t.bytes) == 0 }

// Byte returns the next byte, or 0 at the end.
func (t *Tape) Byte() int {
	if t.Done() {
		return 0
	}
	b := t.bytes[0]
	t.bytes = t.bytes[1:]
	return int(b)
}

// Below returns a number from 0 to n-1. n is at least 1.
func (t *Tape) Below(n int) int {
	if n > 256 {
		return (t.Byte()<<8 | t.Byte()) % n
	}
	return t.Byte() % n
}

// Of returns one of a list, which is not empty.
func Of[T any](t *Tape, list []T) T { return list[t.Below(len(list))] }
