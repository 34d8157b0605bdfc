package main

import (
	"fmt"
	"io"
	"time"
)

// timeline prints what has been reached, and when.
type timeline struct {
	out   io.Writer
	start time.Time
}

func (t *timeline) reached(format string, args ...any) {
	fmt.Fprintf(t.out, "%6.1f s  %s\n", time.Since(t.start).Seconds(), fmt.Sprintf(format, args...))
}
