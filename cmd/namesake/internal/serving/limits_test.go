package serving_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
)

// calls sends n calls at once to handler, each with the body that body returns, and counts the answers by their status.
func calls(ctx context.Context, handler http.Handler, n int, body func() io.Reader) map[int]*atomic.Int32 {
	answers := map[int]*atomic.Int32{}
	for _, status := range []int{200, 400, 413, 503} {
		answers[status] = &atomic.Int32{}
	}
	for range n {
		go func() {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", body()))
			answers[answer.Code].Add(1)
		}()
	}
	return answers
}

func TestLimits(t *testing.T) {
	const small, large, tooLarge = 1000, 1 << 20, 7<<20 + 1
	of := func(size int) func() io.Reader {
		text := bytes.Repeat([]byte{'x'}, size)
		return func() io.Reader { return bytes.NewReader(text) }
	}
	for sentence, tc := range map[string]struct {
		body func() io.Reader
		busy int // calls that are in the handler at once, of 100
		want int
	}{
		"small calls":              {of(small), 64, 200},
		"large calls":              {of(large), 8, 200},
		"calls of unknown size":    {func() io.Reader { return io.MultiReader(strings.NewReader("x")) }, 8, 200},
		"calls that are too large": {of(tooLarge), 0, 413},
		"calls that end early":     {func() io.Reader { return io.MultiReader(strings.NewReader("x"), broken{}) }, 0, 400},
	} {
		t.Run(sentence, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var busy, read atomic.Int32
				finish := make(chan struct{})
				handler := serving.NewLimits().Handler(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
					busy.Add(1)
					defer busy.Add(-1)
					if body, err := io.ReadAll(req.Body); err == nil && len(body) > 0 {
						read.Add(1)
					}
					<-finish
				}))
				answers := calls(t.Context(), handler, 100, tc.body)
				synctest.Wait()
				if got := int(busy.Load()); got != tc.busy {
					t.Errorf("%d calls are in the handler, want %d", got, tc.busy)
				}
				close(finish)
				synctest.Wait()
				if got := answers[tc.want].Load(); got != 100 {
					t.Errorf("%d calls are answered with %d", got, tc.want)
				}
				if tc.want == 200 && read.Load() != 100 {
					t.Errorf("%d handlers have read the body", read.Load())
				}
			})
		})
	}
}

// A call that does not get its turn ends when the API server gives up, and so does one that is being answered.
func TestLimitsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := serving.NewLimits().Handler(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }))
		began := time.Now()
		answers := calls(t.Context(), handler, 65, func() io.Reader { return strings.NewReader("x") })
		<-time.After(10 * time.Second) // By the clock of the bubble.
		synctest.Wait()
		if answers[200].Load()+answers[503].Load() != 65 || answers[503].Load() > 1 {
			t.Errorf("after %s, %d calls are answered and %d refused", time.Since(began), answers[200].Load(), answers[503].Load())
		}
	})
}

// Whoever is slow to send a body keeps no place in the handler.
func TestSlowCallersKeepNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := serving.NewLimits()
		handler := limits.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		release := make(chan struct{})
		slow := func(ctx context.Context) {
			req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", blocked{release})
			req.ContentLength = 10
			handler.ServeHTTP(httptest.NewRecorder(), req)
		}
		for range 200 {
			go slow(t.Context())
		}
		synctest.Wait()
		answers := calls(t.Context(), handler, 1, func() io.Reader { return strings.NewReader("x") })
		synctest.Wait()
		if answers[200].Load() != 1 {
			t.Error("a call waits for those that send nothing")
		}
		close(release)
	})
}

// broken is the rest of a body that does not come.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// blocked is a body that comes when until is closed.
type blocked struct{ until chan struct{} }

func (b blocked) Read([]byte) (int, error) {
	<-b.until
	return 0, io.EOF
}
