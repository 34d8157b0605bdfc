package serving_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
)

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drain := &serving.Drain{}
		handler := drain.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		closes := func() bool {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody))
			return answer.Header().Get("Connection") == "close"
		}
		parent, stop := context.WithCancel(t.Context())
		ctx := drain.Context(parent, 5*time.Second)

		if drain.Check() != nil || closes() {
			t.Error("it drains before it is told to stop")
		}
		stop()
		synctest.Wait()
		if drain.Check() == nil || !closes() || ctx.Err() != nil {
			t.Errorf("told to stop, it is ready (%v), keeps connections (%t), or is over (%v)", drain.Check(), !closes(), ctx.Err())
		}
		<-ctx.Done() // By the clock of the bubble, five seconds later.
	})
}
