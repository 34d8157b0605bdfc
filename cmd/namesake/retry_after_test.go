package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"k8s.io/client-go/rest"
)

// However long the API server wants clients to wait, they wait no longer than they may. Those that may not wait do not try again.
func TestWaitAtMost(t *testing.T) {
	const date = "Sat, 28 Nov 2026 15:00:00 GMT" // client-go does not wait for one.
	for _, tc := range []struct {
		most       int
		said, want string
	}{
		{1, "32", "1"},
		{1, "2", "1"},
		{1, "1", "1"},
		{1, "0", "0"},
		{1, "", ""},
		{1, date, date},
		{0, "32", ""},
		{0, "1", ""},
		{0, "0", ""},
		{0, "", ""},
	} {
		t.Run(fmt.Sprintf("%s of at most %d", tc.said, tc.most), func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tc.said != "" {
					w.Header().Set("Retry-After", tc.said)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			}))
			defer server.Close()
			given := &rest.Config{Host: server.URL}
			c, err := rest.HTTPClientFor(waitAtMost(given, tc.most))
			if err != nil {
				t.Fatal(err)
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			response, err := c.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if got := response.Header.Get("Retry-After"); got != tc.want || response.StatusCode != http.StatusTooManyRequests {
				t.Errorf("%d, again after %q; want 429, %q", response.StatusCode, got, tc.want)
			}
			if given.WrapTransport != nil {
				t.Error("the given configuration has changed")
			}
		})
	}
}
