package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// kind is a kind of fault.
type kind string

// These happen to a call. Those in pairs differ in whether the API server has carried the call out.
const (
	// refused is a connection that is refused: nothing was sent.
	refused kind = "refused"
	// lost is an answer that is lost: the connection is cut after the API server gave it.
	lost kind = "answer lost"
	// timeout and late are calls that take too long: timeout did not reach the API server, late was carried out. Nobody waits.
	timeout kind = "timeout"
	late    kind = "timeout, carried out"
	// conflict is 409, gone 410, broken 500.
	conflict kind = "409"
	gone     kind = "410"
	broken   kind = "500"
	// throttled is 429 and unavailable 503. The reconciler hears of them, because they do not say when to try again.
	throttled   kind = "429"
	unavailable kind = "503"
	// throttledAfter and unavailableAfter have Retry-After: 0, so client-go sends the call again by itself, and at once.
	throttledAfter   kind = "429, Retry-After"
	unavailableAfter kind = "503, Retry-After"
	// killed is the end of the manager before the call is sent, killedAfter that after the API server carried it out.
	killed      kind = "killed before"
	killedAfter kind = "killed after"
)

// These happen to an event of a watch.
const (
	// delayed is an event that comes after the manager's next call, or a moment later if it makes none.
	delayed kind = "event delayed"
	// doubled is an event that comes twice.
	doubled kind = "event doubled"
	// cut is an event that is dropped with the connection. The informer goes on from the version before.
	cut kind = "watch cut"
	// expired is a watch that ends with 410 in place of the event. The informer lists again.
	expired kind = "watch expired"
)

// kindsOf returns the kinds of faults that may happen at a point.
func kindsOf(p point) []kind {
	switch verb, _, _ := strings.Cut(p.what, " "); verb {
	case "event":
		return []kind{delayed, doubled, cut, expired}
	case "watch", "list":
		return []kind{refused, lost, timeout, gone, throttled, throttledAfter, broken, unavailable, unavailableAfter, killed, killedAfter}
	default:
		return []kind{
			refused, lost, timeout, late, conflict, throttled, throttledAfter, broken, unavailable, unavailableAfter, killed, killedAfter,
		}
	}
}

// reaches reports whether the API server carries out a call with that fault.
func (k kind) reaches() bool { return k == lost || k == late || k == killedAfter }

// kills reports whether the manager ends with the call.
func (k kind) kills() bool { return k == killed || k == killedAfter }

// errKilled is the error of a call of a manager that was killed. Nothing of it gets anywhere.
var errKilled = errors.New("the manager was killed")

// answer returns what the manager gets for a call with that fault: a response or an error.
func (k kind) answer(r *http.Request, c call) (*http.Response, error) {
	verb, resource, _ := strings.Cut(c.what, " ")
	of := schema.GroupResource{Resource: resource}
	said := errors.New("this is a fault of the test")
	switch k {
	case refused:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case lost:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	case timeout, late:
		return nil, context.DeadlineExceeded
	case conflict:
		return answerWith(r, apierrors.NewConflict(of, c.name, said), false)
	case gone:
		return answerWith(r, apierrors.NewResourceExpired(said.Error()), false)
	case throttled, throttledAfter:
		return answerWith(r, apierrors.NewTooManyRequests(said.Error(), 0), k == throttledAfter)
	case broken:
		return answerWith(r, apierrors.NewInternalError(said), false)
	case unavailable, unavailableAfter:
		return answerWith(r, apierrors.NewGenericServerResponse(http.StatusServiceUnavailable, verb, of, c.name, said.Error(), 0, true),
			k == unavailableAfter)
	default:
		return nil, errKilled
	}
}

// answerWith returns a response that says err. retry adds Retry-After: 0.
func answerWith(r *http.Request, err *apierrors.StatusError, retry bool) (*http.Response, error) {
	status := err.Status()
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	body, failed := json.Marshal(status)
	if failed != nil {
		return nil, failed
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if retry {
		header.Set("Retry-After", strconv.Itoa(0))
	}
	return &http.Response{
		Status: http.StatusText(int(status.Code)), StatusCode: int(status.Code), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}, nil
}
