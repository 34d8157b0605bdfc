package faults

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// moment is how long an event is late at the most, if the manager makes no call.
const moment = 100 * time.Millisecond

// stream is what a watch brings: a JSON object in each line.
type stream struct {
	body   io.ReadCloser
	lines  *bufio.Reader
	what   string
	faults *injector

	left   []byte // of the line that is being read
	broken error  // what comes after it
	once   sync.Once
	closed chan struct{}
}

func newStream(body io.ReadCloser, what string, faults *injector) *stream {
	return &stream{body: body, lines: bufio.NewReader(body), what: what, faults: faults, closed: make(chan struct{})}
}

// expiry is how a watch of custom resources says that its next events are not kept any more.
const expiry = `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}}` + "\n"

// bookmark begins a line that tells of no object.
var bookmark = []byte(`{"type":"BOOKMARK"`)

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.left) == 0 {
		if s.broken != nil {
			return 0, s.broken
		}
		if s.left, s.broken = s.lines.ReadBytes('\n'); len(s.left) > 0 && !bytes.HasPrefix(s.left, bookmark) {
			s.fail()
		}
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

// fail makes of the event in left what becomes of it by the fault that happens here, if one does.
func (s *stream) fail() {
	switch s.faults.pass(s.what, false) {
	case delayed:
		timer := time.NewTimer(moment)
		defer timer.Stop()
		select {
		case <-s.faults.nextCall():
		case <-timer.C:
		case <-s.closed:
		}
	case doubled:
		s.left = append(s.left, s.left...)
	case cut:
		s.left, s.broken = nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	case expired:
		s.left, s.broken = []byte(expiry), io.EOF
	default:
	}
}

// Close implements io.Closer.
func (s *stream) Close() error {
	s.once.Do(func() { close(s.closed) })
	return s.body.Close()
}
