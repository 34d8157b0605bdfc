package faults

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// point is a place in a path: the nth of the calls, or of the events, that are alike.
type point struct {
	// what is that of a call, or "event" and the resource of a watch.
	what string
	// nth counts from 1.
	nth int
}

// fault is what goes wrong, and where. The zero value is none.
type fault struct {
	point
	kind kind
}

// injector sees what all managers of a run send, one after the other, and lets one fault happen.
type injector struct {
	fault fault
	// kill ends the manager at work. Nothing of it is sent any more when it returns.
	kill func()

	mu    sync.Mutex
	armed bool
	fired bool
	seen  map[string]int
	// points are the places that were passed while it was armed, and calls how many of them are calls, other than those of informers.
	points []point
	calls  int
	// called is closed, and replaced, at each call.
	called chan struct{}
}

func newInjector(f fault) *injector {
	return &injector{fault: f, seen: map[string]int{}, called: make(chan struct{})}
}

// arm lets the fault happen from now on, or not any more.
func (i *injector) arm(on bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.armed = on
}

// pass notes that the manager is at the next of the points that are alike, and returns the fault that happens there, or "".
func (i *injector) pass(what string, isCall bool) kind {
	i.mu.Lock()
	defer i.mu.Unlock()
	if isCall {
		close(i.called)
		i.called = make(chan struct{})
	}
	if !i.armed {
		return ""
	}
	i.seen[what]++
	at := point{what, i.seen[what]}
	i.points = append(i.points, at)
	if isCall {
		i.calls++
	}
	if i.fired || at != i.fault.point {
		return ""
	}
	i.fired = true
	return i.fault.kind
}

// nextCall returns what is closed when the manager makes its next call.
func (i *injector) nextCall() <-chan struct{} {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.called
}

// report returns what was passed while it was armed, how many calls that were, and whether the fault happened.
func (i *injector) report() (points []point, calls int, fired bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.points, i.calls, i.fired
}

// String lists what was passed.
func (i *injector) String() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var text strings.Builder
	for n, at := range i.points {
		mark := ""
		if at == i.fault.point {
			mark = "  <- " + string(i.fault.kind)
		}
		fmt.Fprintf(&text, "%3d  %s %d%s\n", n+1, at.what, at.nth, mark)
	}
	return text.String()
}

// wire is the transport of one manager.
type wire struct {
	*injector

	next http.RoundTripper
	// dead is closed when this manager is killed: nothing of it is sent any more.
	dead <-chan struct{}
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-w.dead:
		return nil, errKilled
	default:
	}
	c, err := callOf(r)
	if err != nil {
		return nil, err
	}
	if !c.counts {
		return w.next.RoundTrip(r)
	}
	happens := w.pass(c.what, !c.watch)
	if happens == "" {
		return w.send(r, c)
	}
	if happens.reaches() {
		if response, err := w.next.RoundTrip(r); err == nil {
			if !c.watch { // A watch does not end.
				_, _ = io.Copy(io.Discard, response.Body) // Whatever it says is lost.
			}
			_ = response.Body.Close()
		}
	}
	if happens.kills() {
		w.kill()
	}
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return happens.answer(r, c)
}

// send sends a request as it is. A watch may have faults later.
func (w *wire) send(r *http.Request, c call) (*http.Response, error) {
	response, err := w.next.RoundTrip(r)
	if err != nil || !c.watch || response.StatusCode != http.StatusOK {
		return response, err
	}
	response.Body = newStream(response.Body, "event "+c.what[len("watch "):], w.injector)
	return response, nil
}
