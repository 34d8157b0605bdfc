package phases

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
	"github.com/namesake-sandbox/namesake/test/bench/load/report"
	"github.com/namesake-sandbox/namesake/test/bench/load/stats"
)

const (
	floorRounds = 100
	floorWarmUp = 5
	limitLasts  = 2 * time.Second
	// limitWriters send plain writes one after the other, to find what the generator and API server can do at all.
	limitWriters = 64
)

// ofFloor are the labels of the objects that this writes.
const ofFloor = "bench=floor"

// floor measures three writes of a plain object in a row: what no warm claim can beat, since it takes the claim, the adoption
// and the claim's status.
func (i *Installation) floor(ctx context.Context, namespace string) (report.Phase, error) {
	phase := report.Phase{Name: report.FloorPhase, Began: time.Now(), Values: map[string]float64{}}
	path := api.ConfigMaps.In(namespace)
	var took []float64
	for n := range floorWarmUp + floorRounds {
		name := fmt.Sprintf("floor-%d", n)
		began := time.Now()
		err := i.Requests.Create(ctx, path, api.ConfigMaps, floorObject(name))
		for _, value := range []string{"adopted", "ready"} {
			if err == nil {
				err = i.Requests.Patch(ctx, path+"/"+name, map[string]any{"data": map[string]string{"state": value}})
			}
		}
		if err != nil {
			return phase, err
		}
		if n >= floorWarmUp {
			took = append(took, milliseconds(time.Since(began)))
		}
	}
	phase.Values[report.FloorP50] = stats.Percentile(took, 50)
	phase.Values[report.FloorP99] = stats.Percentile(took, 99)
	written, err := i.limit(ctx, path)
	if err != nil {
		return phase, err
	}
	phase.Values[report.LimitRate] = written
	bare, err := i.bare(ctx, namespace)
	if err != nil {
		return phase, err
	}
	maps.Copy(phase.Values, bare)
	phase.Seconds = time.Since(phase.Began).Seconds()
	i.Log("floor: p50 %.1f ms; the generator's limit: %.0f writes a second", phase.Values[report.FloorP50], written)
	return phase, i.Requests.Delete(ctx, path+"?labelSelector="+ofFloor)
}

func floorObject(name string) map[string]any {
	return map[string]any{
		"metadata": map[string]any{"name": name, "labels": map[string]string{"bench": "floor"}},
		"data":     map[string]string{"state": "new"},
	}
}

// limit returns how many plain objects a second the generator creates at most.
func (i *Installation) limit(ctx context.Context, path string) (float64, error) {
	var mu sync.Mutex
	var failure error
	written := 0
	began := time.Now()
	var writers sync.WaitGroup
	for w := range limitWriters {
		writers.Go(func() {
			for n := 0; time.Since(began) < limitLasts; n++ {
				err := i.Requests.Create(ctx, path, api.ConfigMaps, floorObject(fmt.Sprintf("limit-%d-%d", w, n)))
				mu.Lock()
				if err != nil {
					failure = err
				} else {
					written++
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	writers.Wait()
	return float64(written) / time.Since(began).Seconds(), failure
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
