package limits

import (
	"bytes"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Check returns the first thing in an object's JSON that is beyond the bounds of this package, or nil. It reads raw once, from the
// beginning to at most its end, and decodes nothing. shape says where the object has quantities.
func Check(raw []byte, shape *Shape) *field.Error {
	_, err := Find(raw, shape)
	return err
}

// step is a key or an index on the way to a value.
type step struct {
	key   []byte // nil for an index
	index int
	entry bool // The key is that of a map, not the name of a field.
}

// scanner reads a value of JSON.
type scanner struct {
	raw    []byte
	at     int
	values int
	path   []step

	paths [][]string
	found []Span
}

// whole reads all there is.
func (s *scanner) whole(shape *Shape) *field.Error {
	if len(s.raw) > MaxBytes {
		return &field.Error{Type: field.ErrorTypeTooLong, Field: "object", BadValue: field.OmitValueType{}, Detail: fmt.Sprintf(
			"an object has at most %d bytes, and this has %d: make it smaller", MaxBytes, len(s.raw))}
	}
	s.skipSpace()
	if s.at == len(s.raw) {
		return nil // No object, as the old one of a create.
	}
	err := s.value(shape)
	s.skipSpace()
	if err == nil && s.at != len(s.raw) {
		err = s.malformed()
	}
	return err
}

// value reads the value that begins here.
func (s *scanner) value(shape *Shape) *field.Error {
	if !s.inManagedFields() {
		s.values++
	}
	if s.values > MaxValues {
		err := s.tooMany(0, fmt.Sprintf("an object has at most %d values, and this has more: make it smaller", MaxValues))
		err.Field = "object" // Where it was noticed says nothing.
		return err
	}
	switch s.peek() {
	case '{':
		return s.object(shape)
	case '[':
		return s.list(shape)
	case '"':
		text, ok := s.text()
		if !ok {
			return s.malformed()
		}
		return s.scalar(text, shape)
	default:
		word := s.word()
		if len(word) == 0 {
			return s.malformed()
		}
		return s.scalar(word, shape)
	}
}

// scalar looks at a text without its quotes, a number, or another word.
func (s *scanner) scalar(text []byte, shape *Shape) *field.Error {
	if shape == nil || !shape.isQuantity {
		return nil
	}
	if bytes.IndexByte(text, '\\') >= 0 && len(text) <= 6*maxQuantityLength { // A character has at most six bytes in an escape.
		text = []byte(unquoted(text))
	}
	if problem := oversizedQuantity(text); problem != "" {
		shown := text[:min(len(text), maxQuantityLength)]
		return field.Invalid(s.field(len(s.path)), string(shown), problem+": write it with a suffix, as in 500m or 2Gi")
	}
	return nil
}

func (s *scanner) object(shape *Shape) *field.Error {
	return s.container('}', func(count int) *field.Error {
		key, ok := s.text()
		s.skipSpace()
		if !ok || s.peek() != ':' {
			return s.malformed()
		}
		s.at++
		s.skipSpace()
		s.path[len(s.path)-1] = step{key: key, entry: shape != nil && shape.entries, index: count}
		start := s.at
		err := s.value(shape.in(key))
		s.note(Span{start, s.at})
		return err
	})
}

func (s *scanner) list(shape *Shape) *field.Error {
	return s.container(']', func(count int) *field.Error {
		s.path[len(s.path)-1] = step{index: count}
		return s.value(shape.item())
	})
}

// container reads a list or an object up to its end; next reads an item, and is told how many there were before it.
func (s *scanner) container(end byte, next func(count int) *field.Error) *field.Error {
	if len(s.path) == MaxDepth {
		return s.tooMany(3, fmt.Sprintf("an object has at most %d levels, and this has more: make it flatter", MaxDepth))
	}
	s.at++ // The bracket.
	s.path = append(s.path, step{})
	for count := 0; ; count++ {
		s.skipSpace()
		switch c := s.peek(); {
		case c == end:
			s.at++
			s.path = s.path[:len(s.path)-1]
			return nil
		case count > 0 && c != ',':
			return s.malformed()
		case count == MaxItems && !s.inManagedFields():
			return s.tooMany(len(s.path)-1, fmt.Sprintf("a list or map has at most %d items, and this has more: use fewer", MaxItems))
		case count > 0:
			s.at++
			s.skipSpace()
		}
		if err := next(count); err != nil {
			return err
		}
	}
}

// inManagedFields reports whether the value is of what the API server keeps about fields. It repeats the rest of the object, and has as
// many values and items as that has: the bounds are for what the user wrote. Nothing in an entry of it is decoded.
func (s *scanner) inManagedFields() bool {
	return len(s.path) > 3 && string(s.path[0].key) == "metadata" && string(s.path[1].key) == "managedFields"
}

// text reads a text, and returns it without its quotes, as it is written.
func (s *scanner) text() (text []byte, ok bool) {
	if s.peek() != '"' {
		return nil, false
	}
	begin := s.at + 1
	for at := begin; at < len(s.raw); {
		quote := bytes.IndexByte(s.raw[at:], '"')
		if quote < 0 {
			break
		}
		if escape := bytes.IndexByte(s.raw[at:at+quote], '\\'); escape >= 0 {
			at += escape + 2 // Whatever is behind it, a quote too, is part of the text.
			continue
		}
		s.at = at + quote + 1
		return s.raw[begin : at+quote : at+quote], true
	}
	return nil, false
}

// word reads what is neither a text, a list nor an object.
func (s *scanner) word() []byte {
	begin := s.at
	for s.at < len(s.raw) {
		switch s.raw[s.at] {
		case ',', ']', '}', ' ', '\n', '\t', '\r', ':', '"', '[', '{':
			return s.raw[begin:s.at]
		}
		s.at++
	}
	return s.raw[begin:s.at]
}

func (s *scanner) skipSpace() {
	for s.at < len(s.raw) {
		switch s.raw[s.at] {
		case ' ', '\n', '\t', '\r':
			s.at++
		default:
			return
		}
	}
}

// peek returns the byte that comes next, or 0 at the end.
func (s *scanner) peek() byte {
	if s.at == len(s.raw) {
		return 0
	}
	return s.raw[s.at]
}

func (s *scanner) malformed() *field.Error {
	return &field.Error{Type: field.ErrorTypeInvalid, Field: s.field(len(s.path)).String(), BadValue: field.OmitValueType{},
		Detail: fmt.Sprintf("no JSON at byte %d", s.at)}
}

// tooMany is an error about the value that the first steps of the path lead to.
func (s *scanner) tooMany(steps int, detail string) *field.Error {
	return &field.Error{
		Type: field.ErrorTypeTooMany, Field: s.field(min(steps, len(s.path))).String(), BadValue: field.OmitValueType{}, Detail: detail,
	}
}

// maxName is how much of a name is shown in an error.
const maxName = 64

// field returns the first steps of the path.
func (s *scanner) field(steps int) *field.Path {
	var path *field.Path
	for _, step := range s.path[:steps] {
		name := string(step.key[:min(len(step.key), maxName)])
		switch {
		case step.key == nil:
			path = path.Index(step.index)
		case step.entry:
			path = path.Key(name)
		default:
			path = path.Child(name)
		}
	}
	return path
}
