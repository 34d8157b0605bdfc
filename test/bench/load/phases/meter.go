package phases

import (
	"context"
	"os"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
	"github.com/namesake-sandbox/namesake/test/bench/load/process"
	"github.com/namesake-sandbox/namesake/test/bench/load/report"
)

// meter is what was read at the beginning of something.
type meter struct {
	began    time.Time
	counters api.Counters
	// counted says that the API server lets its metrics be read.
	counted bool
	usage   map[string]process.Usage
	machine process.Machine
}

// self is the generator's own name among the processes.
const self = "generator"

// begin reads the meters. The metrics come first, and at the end last: reading them takes the API server some CPU time.
func (i *Installation) begin(ctx context.Context) meter {
	var m meter
	var err error
	if m.counters, err = i.Requests.Counters(ctx); err == nil {
		m.counted = true
	} else if ctx.Err() == nil {
		i.Log("the API server's metrics cannot be read, so nothing is counted: %v", err)
	}
	m.began, m.usage, m.machine = time.Now(), i.usage(), process.ReadMachine()
	return m
}

func (i *Installation) usage() map[string]process.Usage {
	return process.Read(append([]process.Named{{Name: self, PID: os.Getpid()}}, i.Processes...))
}

// busy writes down how busy the machine and the generator have been so far.
func (i *Installation) busy(before meter, into *report.Phase) {
	usage, seconds := i.usage(), time.Since(before.began).Seconds()
	into.Values[report.MachineBusy] = process.ReadMachine().BusyShare(before.machine)
	if own, ok := usage[self]; ok && seconds > 0 {
		into.Values[report.GeneratorCPU] = (own.CPU - before.usage[self].CPU) / 1000 / seconds
	}
}

// spent writes down what n claims have cost in all.
func (i *Installation) spent(ctx context.Context, before meter, n int, into *report.Phase) {
	usage := i.usage()
	for _, name := range process.Names(i.Processes) {
		now, readable := usage[name]
		then, was := before.usage[name]
		if readable && was && now.CPU >= then.CPU {
			into.Values[report.CPU(name)] = (now.CPU - then.CPU) / float64(n)
			into.Values[report.RSS(name)] = now.RSS
		}
	}
	if counted, ok := i.counted(ctx, before); ok {
		into.Writes, into.Calls = counted.Writes, counted.Calls
		into.Values[report.Writes] = api.Sum(counted.Writes) / float64(n)
		into.Values[report.Calls] = api.Sum(counted.Calls) / float64(n)
	}
}

// counted returns what the API server has counted since.
func (i *Installation) counted(ctx context.Context, before meter) (api.Counters, bool) {
	if !before.counted {
		return api.Counters{}, false
	}
	now, err := i.Requests.Counters(ctx)
	if err != nil {
		return api.Counters{}, false
	}
	return now.Since(before.counters), true
}
