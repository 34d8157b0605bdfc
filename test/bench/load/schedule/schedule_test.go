package schedule

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestRate(t *testing.T) {
	got := Rate(4, time.Second)
	want := []time.Duration{0, 250 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond}
	if !slices.Equal(got, want) {
		t.Errorf("Rate = %v, want %v", got, want)
	}
	if n := len(Rate(50, 10*time.Second)); n != 500 {
		t.Errorf("50 a second for 10 s are %d, want 500", n)
	}
	if got := Burst(2); !slices.Equal(got, []time.Duration{0, 0}) {
		t.Errorf("Burst = %v", got)
	}
}

// A request that takes long delays none of those after it.
func TestNoRequestWaitsForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		starts := Run(t.Context(), Rate(10, time.Second), func(i int, due time.Time) {
			if want := began.Add(time.Duration(i) * 100 * time.Millisecond); !due.Equal(want) {
				t.Errorf("request %d is due after %s", i, due.Sub(began))
			}
			<-time.After(time.Hour)
		})
		for i, start := range starts {
			if start.Late() != 0 {
				t.Errorf("request %d started %s late", i, start.Late())
			}
		}
	})
}

// Requests that are not due yet do not start after the end.
func TestRunEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
		defer cancel()
		starts := Run(ctx, Rate(10, time.Second), func(int, time.Time) {})
		started := 0
		for _, start := range starts {
			if !start.Began.IsZero() {
				started++
			}
		}
		if started != 3 {
			t.Errorf("%d started within 250 ms, want 3", started)
		}
	})
}
