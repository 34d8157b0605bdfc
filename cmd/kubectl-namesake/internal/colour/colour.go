// Package colour marks words in what is printed on a terminal.
package colour

import (
	"fmt"
	"io"

	"k8s.io/cli-runtime/pkg/printers"
)

// Colour is the colour of a word.
type Colour string

// Colours and their SGR parameters of ECMA-48. All have two digits: text/tabwriter counts the bytes of a cell, and cells of one
// column stay aligned as long as each has as many bytes of colour as the others.
const (
	None   Colour = "39"
	Red    Colour = "31"
	Green  Colour = "32"
	Yellow Colour = "33"
	Cyan   Colour = "36"
)

// When says when colours are used: the value of --color.
type When string

// Values of When.
const (
	Auto   When = "auto"
	Always When = "always"
	Never  When = "never"
)

// Values lists the values of When, for help and completion.
var Values = []string{string(Auto), string(Always), string(Never)}

// String implements pflag.Value.
func (w *When) String() string { return string(*w) }

// Type implements pflag.Value: what help calls the value.
func (*When) Type() string { return "when" }

// Set implements pflag.Value.
func (w *When) Set(text string) error {
	switch When(text) {
	case Auto, Always, Never:
		*w = When(text)
		return nil
	}
	return fmt.Errorf("use %s, %s or %s", Auto, Always, Never)
}

// Palette colours words, or leaves them as they are.
type Palette struct{ on bool }

// For returns the palette for out. With Auto it has colours if out is a terminal that shows them, and NO_COLOR is not set
// (https://no-color.org).
func (w When) For(out io.Writer) Palette {
	return Palette{on: w == Always || w != Never && printers.AllowsColorOutput(out)}
}

// On reports whether the palette has colours.
func (p Palette) On() bool { return p.on }

// Paint returns text in the colour. Text that is not coloured is marked as such, if the palette has colours: see None.
func (p Palette) Paint(c Colour, text string) string {
	if !p.on {
		return text
	}
	if c == "" {
		c = None
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
