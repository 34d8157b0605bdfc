package retry

import (
	"testing"
	"time"
)

func TestEarliest(t *testing.T) {
	for _, tc := range []struct{ a, b, want time.Duration }{{0, 0, 0}, {0, 3, 3}, {3, 0, 3}, {2, 3, 2}, {3, 2, 2}} {
		if got := Earliest(tc.a, tc.b); got != tc.want {
			t.Errorf("of %d and %d: %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}
