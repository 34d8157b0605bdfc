package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
	"github.com/namesake-sandbox/namesake/test/bench/load/phases"
	"github.com/namesake-sandbox/namesake/test/bench/load/process"
	"github.com/namesake-sandbox/namesake/test/bench/load/report"
)

// bench runs the repetitions.
type bench struct {
	options       *options
	stages        []phases.Stage
	floor         bool
	installations []*phases.Installation
	result        *report.Result
	// repetition is the number of the one that runs.
	repetition int
	// whole and brief are how long the longest repetition took, of all installations together, with the optional steps and
	// without them.
	whole, brief time.Duration
}

func newBench(ctx context.Context, o *options) (*bench, error) {
	stages, floor, err := o.plan()
	if err != nil {
		return nil, err
	}
	places, err := o.places()
	if err != nil {
		return nil, err
	}
	b := &bench{options: o, stages: stages, floor: floor}
	b.result = &report.Result{
		Began: time.Now(), Arguments: os.Args[1:],
		Machine: fmt.Sprintf("%s on %s/%s, %d cores", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU()),
	}
	for _, place := range places {
		installation, err := b.open(place)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", place.kubeconfig, err)
		}
		version, err := installation.Version(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", place.kubeconfig, err)
		}
		b.installations = append(b.installations, installation)
		b.result.Installations = append(b.result.Installations,
			report.Installation{Name: place.name, Kubernetes: version, Processes: process.Names(place.processes)})
	}
	return b, nil
}

func (b *bench) open(place place) (*phases.Installation, error) {
	const watches = 4 // One for each kind.
	requests, err := api.New(place.kubeconfig, b.options.connections)
	if err != nil {
		return nil, err
	}
	watching, err := api.New(place.kubeconfig, watches)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	return &phases.Installation{
		Name: place.name, Processes: place.processes, Requests: requests, Watches: watching, Image: b.options.image,
		Log: func(format string, args ...any) {
			fmt.Fprintf(os.Stderr, "%5.0fs %s %d/%d  %s\n", time.Since(began).Seconds(), place.name, b.repetition, b.options.repetitions,
				fmt.Sprintf(format, args...))
		},
	}, nil
}

// run runs the repetitions, of all installations in turns: which one comes first changes with each. Only whole repetitions are
// in the result.
func (b *bench) run(ctx context.Context) error {
	began := time.Now()
	defer func() { b.result.Seconds = time.Since(began).Seconds() }()
	limited, cancel := context.WithDeadline(ctx, began.Add(b.options.limit))
	defer cancel()
	for n := range b.options.repetitions {
		b.repetition = n + 1
		begins, brief := next(b.options.limit-time.Since(began), b.options.repetitions-n, b.whole, b.brief)
		if !begins {
			b.result.Notes = append(b.result.Notes, fmt.Sprintf("%d of %d repetitions fitted into the time.", n, b.options.repetitions))
			return nil
		}
		if err := b.all(limited, n, brief); err != nil {
			if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) && n > 0 {
				b.result.Notes = append(b.result.Notes, fmt.Sprintf("%d of %d repetitions fitted into the time, the next one was ended.", n, b.options.repetitions))
				return nil
			}
			return err
		}
	}
	return nil
}

// next decides on the next repetition out of the time and the repetitions that are left, and of how long a whole one and one
// without optional steps took so far, or zero. Optional steps run as long as each repetition to come can have as much time.
func next(remaining time.Duration, left int, whole, brief time.Duration) (begins, isBrief bool) {
	isBrief = whole > remaining/time.Duration(left)
	if isBrief {
		return brief <= remaining, true
	}
	return true, false
}

// all runs one repetition on every installation.
func (b *bench) all(ctx context.Context, n int, brief bool) error {
	began := time.Now()
	done := make([]report.Repetition, len(b.installations))
	for turn := range b.installations {
		at := (turn + n) % len(b.installations)
		installation := b.installations[at]
		repetition := report.Repetition{Began: time.Now(), Load: load()}
		before := process.ReadMachine()
		time.Sleep(time.Second)
		repetition.Busy = process.ReadMachine().BusyShare(before)
		namespace := fmt.Sprintf("%s-%d-%d", b.options.prefix, os.Getpid(), n+1)
		var err error
		if repetition.Phases, err = installation.Repeat(ctx, namespace, b.floor, b.due(n, brief)); err != nil {
			return fmt.Errorf("%s: %w", installation.Name, err)
		}
		done[at] = repetition
	}
	for at, repetition := range done {
		b.result.Installations[at].Repetitions = append(b.result.Installations[at].Repetitions, repetition)
	}
	if brief {
		b.brief = max(b.brief, time.Since(began))
	} else {
		b.whole = max(b.whole, time.Since(began))
	}
	return nil
}

// largest is the size of a pool from which on a stage runs in the last repetition only: it takes minutes.
const largest = 5000

// due returns the stages of a repetition.
func (b *bench) due(n int, brief bool) []phases.Stage {
	last := n == b.options.repetitions-1
	return phases.Without(b.stages, func(stage phases.Stage, step phases.Step) bool {
		return stage.Pool >= largest && !last || step.Optional && brief
	})
}

// load returns the load average of the last minute, if the system reports it.
func load() string {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	one, _, _ := strings.Cut(string(content), " ")
	return one
}
