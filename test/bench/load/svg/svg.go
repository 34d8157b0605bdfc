// Package svg draws plots: points and steps over two axes, for readers with a light or dark background. It is written by hand
// since the plots need nothing that would be worth a dependency.
package svg

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
)

// Plot is a drawing of some series over the same axes.
type Plot struct {
	Title, X, Y string
	// LogY makes the distance between values their ratio.
	LogY   bool
	Series []Series
}

// Series are points of one colour.
type Series struct {
	Name string
	XY   [][2]float64
	// Style says how the points are drawn.
	Style Style
}

// Style is how points are drawn.
type Style int

const (
	// Dots draws a dot for each.
	Dots Style = iota
	// Steps draws a line that keeps its height until the next.
	Steps
	// Line joins them, with dots.
	Line
)

// The size of the drawing, and of what is left for texts around the axes.
const (
	width, height            = 760, 420
	left, right, top, bottom = 72, 16, 40, 52
)

// colours are those of Okabe and Ito, which people with any sight can tell apart.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}

// Write writes the plot.
func (p *Plot) Write(w io.Writer) error {
	var out drawing
	x, y := p.axes()
	out.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`, width, height)
	out.add(`<rect width="%d" height="%d" fill="#ffffff"/>`, width, height)
	out.add(`<text x="%d" y="22" font-size="15" fill="#222222">%s</text>`, left, html.EscapeString(p.Title))
	p.grid(&out, x, y)
	for i, series := range p.Series {
		colour := colours[i%len(colours)]
		series.draw(&out, x, y, colour)
		if series.Name != "" {
			out.add(`<circle cx="%d" cy="%d" r="4" fill="%s"/>`, left+14, top+14+16*i, colour)
			out.add(`<text x="%d" y="%d" fill="#222222">%s</text>`, left+24, top+18+16*i, html.EscapeString(series.Name))
		}
	}
	out.add("</svg>")
	_, err := w.Write(out.Bytes())
	return err
}

// drawing is the text of a drawing.
type drawing struct{ bytes.Buffer }

// add adds a line.
func (d *drawing) add(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

// axis turns values into places.
type axis struct {
	low, high float64
	log       bool
	from, to  float64
}

func (a axis) place(value float64) float64 {
	low, high := a.low, a.high
	if a.log {
		low, high, value = math.Log10(low), math.Log10(high), math.Log10(max(value, a.low))
	}
	return a.from + (value-low)/(high-low)*(a.to-a.from)
}

// axes returns axes that hold all points. They begin at zero, or for a logarithm at a power of ten.
func (p *Plot) axes() (x, y axis) {
	x = axis{from: left, to: width - right}
	y = axis{from: height - bottom, to: top, log: p.LogY}
	smallest := math.Inf(1)
	for _, series := range p.Series {
		for _, point := range series.XY {
			x.high, y.high = max(x.high, point[0]), max(y.high, point[1])
			if point[1] > 0 {
				smallest = min(smallest, point[1])
			}
		}
	}
	x.high, y.high = orOne(x.high), orOne(y.high)
	if p.LogY {
		y.low = math.Pow(10, math.Floor(math.Log10(min(smallest, y.high))))
		y.high = math.Pow(10, math.Ceil(math.Log10(y.high*1.01)))
	} else {
		y.high = ceil(y.high)
	}
	x.high = ceil(x.high)
	return x, y
}

func orOne(value float64) float64 {
	if value <= 0 || math.IsInf(value, 0) || math.IsNaN(value) {
		return 1
	}
	return value
}

// step returns a distance of 1, 2 or 5 times a power of ten, of which about six make the value.
func step(value float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(value/6)))
	for _, factor := range []float64{1, 2, 5, 10} {
		if factor*power*6 >= value {
			return factor * power
		}
	}
	return 10 * power
}

// ceil rounds up to a whole number of steps.
func ceil(value float64) float64 { return math.Ceil(value/step(value)) * step(value) }

// ticks returns the values that an axis names.
func (a axis) ticks() []float64 {
	var found []float64
	if a.log {
		for value := a.low; value <= a.high*1.001; value *= 10 {
			found = append(found, value)
		}
		return found
	}
	for i := 0; float64(i)*step(a.high) <= a.high*1.001; i++ {
		found = append(found, float64(i)*step(a.high))
	}
	return found
}

func (p *Plot) grid(out *drawing, x, y axis) {
	const texts = "#555555"
	for _, value := range y.ticks() {
		at := y.place(value)
		out.add(`<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#dddddd"/>`, left, width-right, at, at)
		out.add(`<text x="%d" y="%.1f" text-anchor="end" fill="%s">%g</text>`, left-6, at+4, texts, round(value))
	}
	for _, value := range x.ticks() {
		at := x.place(value)
		out.add(`<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#eeeeee"/>`, at, at, top, height-bottom)
		out.add(`<text x="%.1f" y="%d" text-anchor="middle" fill="%s">%g</text>`, at, height-bottom+18, texts, round(value))
	}
	out.add(`<text x="%d" y="%d" text-anchor="middle" fill="#222222">%s</text>`, (left+width-right)/2, height-12, html.EscapeString(p.X))
	out.add(`<text transform="translate(16 %d) rotate(-90)" text-anchor="middle" fill="#222222">%s</text>`,
		(top+height-bottom)/2, html.EscapeString(p.Y))
}

// round takes away what a binary number adds to a decimal one.
func round(value float64) float64 { return math.Round(value*1e6) / 1e6 }

func (s Series) draw(out *drawing, x, y axis, colour string) {
	points := slices.DeleteFunc(slices.Clone(s.XY), func(point [2]float64) bool { return math.IsNaN(point[0] + point[1]) })
	if s.Style != Dots && len(points) > 0 {
		fmt.Fprintf(out, `<path fill="none" stroke="%s" stroke-width="1.8" d="M%.1f %.1f`, colour, x.place(points[0][0]), y.place(points[0][1]))
		for _, point := range points[1:] {
			if s.Style == Steps {
				fmt.Fprintf(out, "H%.1fV%.1f", x.place(point[0]), y.place(point[1]))
			} else {
				fmt.Fprintf(out, "L%.1f %.1f", x.place(point[0]), y.place(point[1]))
			}
		}
		out.WriteString(`"/>` + "\n")
	}
	if s.Style == Steps || len(points) == 0 {
		return
	}
	// One path is a tenth of the bytes of as many circles: a line of no length with round ends is a dot.
	size := 3.2
	if s.Style == Line {
		size = 7
	}
	fmt.Fprintf(out, `<path fill="none" stroke="%s" stroke-opacity="0.6" stroke-linecap="round" stroke-width="%g" d="`, colour, size)
	for _, point := range points {
		fmt.Fprintf(out, "M%.1f %.1fh0", x.place(point[0]), y.place(point[1]))
	}
	out.WriteString(`"/>` + "\n")
}
