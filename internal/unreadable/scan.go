package unreadable

import (
	"bytes"
	"errors"
	"fmt"
)

// These bounds are for a whole object, and for a part of it that no schema of Namesake allows to be larger. They say what is
// never decoded, so that the memory of an object stays in proportion to its JSON.
const (
	// maxBytes is the length of an object's JSON. etcd stores 1.5 MiB by default (--max-request-bytes).
	maxBytes = 2 << 20
	// maxDepth is the depth of nesting. The managedFields of a Pod in a Sandbox have about 16 levels.
	maxDepth = 64
	// maxItems is the number of items of one list, or of entries of one map.
	maxItems = 4096
	// maxValues is the number of values: maps, lists, texts, numbers. An item of three bytes of JSON may take some hundred
	// bytes of memory.
	maxValues = 50_000
	// maxQuantity is the length of a quantity, and maxExponent the number of digits of its exponent. Kubernetes computes with
	// powers of ten that are written out, and quantities reach from 1e-9 to 1e18.
	maxQuantity, maxExponent = 64, 2
)

// span is a range of bytes. It is empty if what it stands for is not there.
type span struct{ start, end int }

func (s span) of(data []byte) []byte { return data[s.start:s.end] }

func (s span) isEmpty() bool { return s.start == s.end }

// parts are where an object's JSON has what the decoder needs to know before it decodes.
type parts struct {
	// podSpec is spec.podTemplate.spec, and volumes is spec.volumeClaimTemplates.
	podSpec, volumes span
}

// place is where in an object a value is, as far as that matters.
type place int

const (
	elsewhere    place = iota
	root               // the object
	inSpec             // its spec, or any part of it that has no place of its own
	spec               // its spec
	podTemplate        // its spec.podTemplate
	quantities         // a map of quantities
	quantity           // a quantity
	managed            // metadata.managedFields, which are kept as they are
	objectMeta         // metadata
	podSpec            // spec.podTemplate.spec
	volumeClaims       // spec.volumeClaimTemplates
)

// named are the places of values that have one of their own, by the place of the map and the key in it.
var named = map[place]map[string]place{
	root:        {"spec": spec, "metadata": objectMeta},
	objectMeta:  {"managedFields": managed},
	spec:        {"podTemplate": podTemplate, "volumeClaimTemplates": volumeClaims},
	podTemplate: {"spec": podSpec},
}

// next returns the place of the value of key in a map at p.
func next(p place, key []byte) place {
	if at, ok := named[p][string(key)]; ok {
		return at
	}
	switch p {
	case spec, podTemplate, inSpec, podSpec, volumeClaims:
		return below(string(key))
	case quantities:
		return quantity
	default:
		return elsewhere
	}
}

// below returns the place of the value of a key in the spec. A test compares the names with the fields that the Go types
// have as quantities.
func below(key string) place {
	switch key {
	case "limits", "requests", "overhead":
		return quantities
	case "divisor", "sizeLimit":
		return quantity
	case "labels", "annotations", "metadata":
		return elsewhere
	}
	return inSpec
}

// errNotJSON is the error of text that is cut off or is no JSON. The decoder says more.
var errNotJSON = errors.New("it is not JSON")

// scanner goes once through JSON, without copying any of it. It checks the bounds, not the syntax.
type scanner struct {
	data   []byte
	at     int
	values int
	found  parts
}

// scan returns the parts of an object, or an error if the object exceeds a bound.
func scan(object []byte) (parts, error) {
	if len(object) > maxBytes {
		return parts{}, fmt.Errorf("it has %d bytes, more than %d", len(object), maxBytes)
	}
	s := &scanner{data: object}
	err := s.value(root, 0)
	return s.found, err
}

// value goes through the value at the scanner's position.
func (s *scanner) value(p place, depth int) error {
	s.values++
	if s.values > maxValues {
		return fmt.Errorf("it has more than %d values", maxValues)
	}
	start := s.peek()
	if p == managed {
		return s.skip()
	}
	if err := s.content(p, depth); err != nil {
		return err
	}
	here := span{start, s.at}
	switch p {
	case podSpec:
		s.found.podSpec = here
	case volumeClaims:
		s.found.volumes = here
	case quantity:
		return checkQuantity(bytes.Trim(here.of(s.data), `"`))
	default: // Nothing else is looked for.
	}
	return nil
}

func (s *scanner) content(p place, depth int) error {
	if s.at == len(s.data) {
		return errNotJSON
	}
	switch s.data[s.at] {
	case '{':
		return s.items(p, depth, '}', true)
	case '[':
		return s.items(p, depth, ']', false)
	case '"':
		return s.text()
	}
	s.word()
	return nil
}

// items goes through a map or a list, up to its end.
func (s *scanner) items(p place, depth int, end byte, keys bool) error {
	if depth == maxDepth {
		return fmt.Errorf("it is nested more than %d levels deep", maxDepth)
	}
	s.at++
	for n := 0; ; n++ {
		at := s.peek()
		switch {
		case at == len(s.data):
			return errNotJSON
		case s.data[at] == end:
			s.at++
			return nil
		case n == maxItems:
			return fmt.Errorf("a list or map in it has more than %d items", maxItems)
		}
		item := p
		if keys {
			if err := s.text(); err != nil {
				return err
			}
			item = next(p, bytes.Trim(s.data[at:s.at], `"`))
		}
		if err := s.value(item, depth+1); err != nil {
			return err
		}
	}
}

// skip goes to the end of the value at the scanner's position, whatever is in it.
func (s *scanner) skip() error {
	for depth := 0; ; {
		if s.peek() == len(s.data) {
			return errNotJSON
		}
		switch s.data[s.at] {
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			depth--
			s.at++
		case '"':
			if err := s.text(); err != nil {
				return err
			}
		default:
			s.word()
		}
		if depth <= 0 {
			return nil
		}
	}
}

// text goes to the end of a text, or of a key.
func (s *scanner) text() error {
	if s.data[s.at] != '"' {
		return errNotJSON
	}
	for s.at++; ; {
		quote := bytes.IndexByte(s.data[s.at:], '"')
		if quote < 0 {
			return errNotJSON
		}
		s.at += quote + 1
		escapes := 0
		for i := s.at - 2; s.data[i] == '\\'; i-- {
			escapes++
		}
		if escapes%2 == 0 {
			return nil
		}
	}
}

// word goes to the end of a number, true, false or null. It always goes at least one byte on.
func (s *scanner) word() {
	for s.at++; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case ',', '}', ']', ':', ' ', '\n', '\t', '\r':
			return
		}
	}
}

// peek goes to the next byte that is neither white space nor a separator, and returns its position.
func (s *scanner) peek() int {
	for ; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case ',', ':', ' ', '\n', '\t', '\r':
			continue
		}
		break
	}
	return s.at
}

// checkQuantity returns an error if text, a quantity, takes long to compute with.
func checkQuantity(text []byte) error {
	if len(text) > maxQuantity {
		return fmt.Errorf("a quantity has %d characters, more than %d", len(text), maxQuantity)
	}
	exponent := bytes.IndexAny(text, "eE")
	if exponent < 0 {
		return nil
	}
	if digits := bytes.TrimLeft(text[exponent+1:], "+-"); len(digits) > maxExponent && digits[0] >= '0' && digits[0] <= '9' {
		return fmt.Errorf("the exponent of the quantity %q has more than %d digits", text, maxExponent)
	}
	return nil
}
