package limits

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Find is Check, and also returns where in raw the values are that have a path of their own in paths: a list of the names of
// fields, from the object down. The span of a value that is not there is empty. It finds names only as the API server writes
// them, in their own case and without escapes.
func Find(raw []byte, shape *Shape, paths ...[]string) ([]Span, *field.Error) {
	s := scanner{raw: raw, paths: paths, found: make([]Span, len(paths))}
	return s.found, s.whole(shape)
}

// Span is a range of bytes.
type Span struct{ Start, End int }

// Of returns the bytes of the span in raw.
func (s Span) Of(raw []byte) []byte { return raw[s.Start:s.End] }

// IsEmpty reports whether the span is that of no value.
func (s Span) IsEmpty() bool { return s.Start == s.End }

// note remembers where the value at the path is, if it is looked for.
func (s *scanner) note(here Span) {
	for i, path := range s.paths {
		if len(path) == len(s.path) && slices.EqualFunc(path, s.path, func(name string, at step) bool { return name == string(at.key) }) {
			s.found[i] = here
		}
	}
}
