package colour

import (
	"bytes"
	"testing"
)

func TestPaint(t *testing.T) {
	for name, tc := range map[string]struct {
		when   When
		colour Colour
		want   string
	}{
		"never":                 {Never, Red, "word"},
		"auto, to a buffer":     {Auto, Red, "word"},
		"always":                {Always, Red, "\x1b[31mword\x1b[0m"},
		"always, but no colour": {Always, "", "\x1b[39mword\x1b[0m"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.when.For(&bytes.Buffer{}).Paint(tc.colour, "word"); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// Cells of a column stay aligned only if all colours have as many bytes.
func TestColoursAreOfOneLength(t *testing.T) {
	for _, c := range []Colour{None, Red, Green, Yellow, Cyan} {
		if len(c) != 2 {
			t.Errorf("%q has %d characters", c, len(c))
		}
	}
}

func TestSet(t *testing.T) {
	for _, value := range Values {
		var when When
		if err := when.Set(value); err != nil || when.String() != value {
			t.Errorf("%s is read as %s, %v", value, when, err)
		}
	}
	var when When
	if err := when.Set("sometimes"); err == nil {
		t.Error("takes a value that there is not")
	}
}
