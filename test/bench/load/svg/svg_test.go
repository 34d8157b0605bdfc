package svg

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// elements returns how often each element is in a well-formed document.
func elements(t *testing.T, document []byte) map[string]int {
	t.Helper()
	found := map[string]int{}
	for decoder := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, document)
		}
		if start, ok := token.(xml.StartElement); ok {
			found[start.Name.Local]++
		}
	}
}

func TestPlot(t *testing.T) {
	some := [][2]float64{{0, 1}, {1, 20}, {2, 300}}
	for name, test := range map[string]struct {
		plot        Plot
		paths, dots int
	}{
		"dots":                          {Plot{Title: "a < b & c", Series: []Series{{Name: `"x"`, XY: some}}}, 1, 3},
		"steps have no dots":            {Plot{Series: []Series{{XY: some, Style: Steps}}}, 1, 0},
		"a line has dots":               {Plot{Series: []Series{{XY: some, Style: Line}, {XY: some, Style: Line}}}, 4, 6},
		"a logarithm of zero":           {Plot{LogY: true, Series: []Series{{XY: [][2]float64{{0, 0}, {1, 10}}}}}, 1, 2},
		"nothing":                       {Plot{}, 0, 0},
		"nothing on a logarithm":        {Plot{LogY: true}, 0, 0},
		"a series without points":       {Plot{Series: []Series{{Style: Line}}}, 0, 0},
		"what is no number is left out": {Plot{Series: []Series{{XY: [][2]float64{{1, math.NaN()}, {1, 2}}}}}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := test.plot.Write(&out); err != nil {
				t.Fatal(err)
			}
			found := elements(t, out.Bytes())
			if found["svg"] != 1 || found["path"] != test.paths || strings.Count(out.String(), "h0") != test.dots {
				t.Errorf("elements: %v, want %d paths and %d dots\n%s", found, test.paths, test.dots, out.String())
			}
			if strings.Contains(out.String(), "NaN") || strings.Contains(out.String(), "Inf") {
				t.Errorf("a place is no number:\n%s", out.String())
			}
		})
	}
}

// Every point lies between the axes.
func TestPlaces(t *testing.T) {
	for _, log := range []bool{false, true} {
		plot := Plot{LogY: log, Series: []Series{{XY: [][2]float64{{0, 0.3}, {9.7, 1234}}}}}
		x, y := plot.axes()
		for _, point := range plot.Series[0].XY {
			if at := x.place(point[0]); at < left || at > width-right {
				t.Errorf("log %t: x of %v is %v", log, point, at)
			}
			if at := y.place(point[1]); at < top || at > height-bottom {
				t.Errorf("log %t: y of %v is %v", log, point, at)
			}
		}
		if n := len(y.ticks()); n < 3 || n > 9 {
			t.Errorf("log %t: %d marks on the axis", log, n)
		}
	}
}
