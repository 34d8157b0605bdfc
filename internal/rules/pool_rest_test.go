package rules

import (
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestPoolRest(t *testing.T) {
	settled := builder.MakePool("p").Obj()
	settled.Generation, settled.Status.ObservedGeneration = 2, 2
	changed := builder.MakePool("p").Obj()
	changed.Generation, changed.Status.ObservedGeneration = 2, 1
	for name, tt := range map[string]struct{ got, want time.Duration }{
		"a small pool":                {PoolRest(settled, 100*time.Microsecond), 900 * time.Microsecond},
		"a large one":                 {PoolRest(settled, 10*time.Millisecond), 90 * time.Millisecond},
		"on a machine that is full":   {PoolRest(settled, time.Minute), time.Second},
		"on a clock that was set":     {PoolRest(settled, -time.Minute), 0},
		"a large one that is changed": {PoolRest(changed, 10*time.Millisecond), 0},
	} {
		if tt.got != tt.want {
			t.Errorf("%s rests for %s, want %s", name, tt.got, tt.want)
		}
	}
}
