package main

import (
	"net/http"
	"strconv"

	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"
)

// How many seconds a client waits until it sends a request again that the API server has turned away. The API server says how long, and
// client-go waits so long where it is. When many are turned away, it says more each time, up to 32 (maxRetryAfter of
// k8s.io/apiserver/pkg/util/flowcontrol): after one burst all workers would sleep, while it has nothing to do.
const (
	// workersWait is for what workers ask. Each manager has a bounded number of them, so a try a second of each does not overload it.
	workersWait = 1
	// webhooksWait is for what webhooks ask: they say at once that the API server is busy. The request that they were called for holds
	// its seat as long as they take, and may hold the very seat that they would wait for.
	webhooksWait = 0
)

// waitAtMost returns cfg for clients that wait so many seconds at most. With 0 they do not try again.
func waitAtMost(cfg *rest.Config, seconds int) *rest.Config {
	cfg = rest.CopyConfig(cfg)
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper { return hurried{next, seconds} })
	return cfg
}

// hurried shortens what answers say of when to try again.
type hurried struct {
	next    http.RoundTripper
	longest int
}

var _ utilnet.RoundTripperWrapper = hurried{}

// RoundTrip implements http.RoundTripper.
func (h hurried) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := h.next.RoundTrip(request)
	if err != nil {
		return response, err
	}
	const header = "Retry-After"
	seconds, err := strconv.Atoi(response.Header.Get(header))
	switch {
	case err != nil || seconds <= h.longest && h.longest > 0:
	case h.longest == 0:
		response.Header.Del(header) // client-go takes a 0 for "at once".
	default:
		response.Header.Set(header, strconv.Itoa(h.longest))
	}
	return response, nil
}

// WrappedRoundTripper implements utilnet.RoundTripperWrapper.
func (h hurried) WrappedRoundTripper() http.RoundTripper { return h.next }
