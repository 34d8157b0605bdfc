package limits

import (
	"encoding/json"
	"reflect"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Shape says where the JSON of a Go type has quantities. The zero value, and nil, have none.
type Shape struct {
	isQuantity bool
	// fields are those of a struct by their JSON name, and folded by it in the form in which encoding/json compares names.
	fields, folded map[string]*Shape
	longest        int
	// each is the shape of the items of a list, or of the values of a map, where entries is set.
	each    *Shape
	entries bool
}

// ShapeOf returns the shape of T.
func ShapeOf[T any]() *Shape {
	return shapes{}.of(reflect.TypeFor[T]())
}

// shapes are those that are known, or being made: a type may contain itself.
type shapes map[reflect.Type]*Shape

var (
	quantityType    = reflect.TypeFor[resource.Quantity]()
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
)

func (known shapes) of(t reflect.Type) *Shape {
	if t.Kind() == reflect.Pointer {
		return known.of(t.Elem())
	}
	if s, ok := known[t]; ok {
		return s
	}
	s := &Shape{}
	known[t] = s
	switch {
	case t == quantityType:
		s.isQuantity = true
	case reflect.PointerTo(t).Implements(unmarshalerType): // It reads its own JSON, and holds no quantity.
	case t.Kind() == reflect.Struct:
		s.fields, s.folded = map[string]*Shape{}, map[string]*Shape{}
		known.addFields(s, t)
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Array:
		s.each = known.of(t.Elem())
	case t.Kind() == reflect.Map:
		s.each, s.entries = known.of(t.Elem()), true
	}
	return s
}

// addFields adds the fields of t, which is a struct, to s; those of an embedded struct without a name are its own.
func (known shapes) addFields(s *Shape, t reflect.Type) {
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case name == "" && field.Anonymous:
			embedded := field.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			known.addFields(s, embedded)
		case field.IsExported():
			if name == "" {
				name = field.Name
			}
			s.fields[name] = known.of(field.Type)
			s.folded[fold(name)] = s.fields[name]
			s.longest = max(s.longest, len(name))
		}
	}
}

// in returns the shape of what is under key, which is without its quotes.
func (s *Shape) in(key []byte) *Shape {
	switch {
	case s == nil:
		return nil
	case s.entries:
		return s.each
	}
	if child, ok := s.fields[string(key)]; ok || s.fields == nil {
		return child
	}
	// Escapes and other case are of no honest client. A letter has at most six bytes in an escape, and three unescaped.
	if len(key) > 6*s.longest {
		return nil
	}
	return s.folded[fold(unquoted(key))]
}

// item returns the shape of the items of a list.
func (s *Shape) item() *Shape {
	if s == nil || s.entries {
		return nil
	}
	return s.each
}

// fold returns name in a form that is the same for names that encoding/json takes for the same.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, name)
}

// unquoted returns what a text of JSON says, which is given without its quotes.
func unquoted(text []byte) string {
	var s string
	if err := json.Unmarshal([]byte(`"`+string(text)+`"`), &s); err != nil {
		return string(text)
	}
	return s
}
