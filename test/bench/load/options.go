package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/phases"
	"github.com/namesake-sandbox/namesake/test/bench/load/process"
	"github.com/namesake-sandbox/namesake/test/bench/load/report"
)

// options are what the command line says.
type options struct {
	kubeconfigs []string
	pids        []string
	repetitions int
	names       string
	short, long bool
	prefix      string
	connections int
	image       string
	out         string
	limit       time.Duration
	renders     []string
}

func parse(args []string) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.Func("kubeconfig", "`[NAME=]PATH` of an installation, twice to compare two; by default $KUBECONFIG. Managers, API server and etcd of "+
		"a cluster of test/cluster are measured without -pid.", func(text string) error {
		o.kubeconfigs = append(o.kubeconfigs, text)
		return nil
	})
	flags.Func("pid", "`[INSTALLATION/]NAME=PID` of a process of this machine whose CPU and memory are measured, as in manager=123; any number", func(text string) error {
		o.pids = append(o.pids, text)
		return nil
	})
	flags.IntVar(&o.repetitions, "n", 5, "repetitions; the results are medians")
	flags.StringVar(&o.names, "phases", "", "the phases to run, separated by commas; by default all")
	flags.BoolVar(&o.short, "short", false, "small pools, only to see that it works")
	flags.BoolVar(&o.long, "long", false, "a pool of 5000 as well, in the last repetition: ten minutes more")
	flags.StringVar(&o.prefix, "namespace-prefix", "bench", "what the names of the namespaces begin with")
	flags.IntVar(&o.connections, "connections", 8, "connections to the API server, besides four for watches")
	flags.StringVar(&o.image, "image", "registry.k8s.io/pause:3.10", "the image of the Sandboxes' container")
	flags.StringVar(&o.out, "out", "bin/bench", "the folder for the results")
	flags.DurationVar(&o.limit, "limit", time.Hour, "the time that all repetitions may take: one that would take longer does not begin, and one that does is ended")
	flags.Func("render", "`[NAME=]PATH` of a result.json to make table and plots of, without measuring; twice to compare two", func(text string) error {
		o.renders = append(o.renders, text)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected: %q", flags.Args())
	}
	if o.short && o.long {
		return nil, errors.New("-short and -long: choose one")
	}
	if o.repetitions < 1 {
		return nil, errors.New("-n: at least one repetition")
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	return o, nil
}

// complete sets what was not said.
func (o *options) complete() error {
	if len(o.kubeconfigs) == 0 && len(o.renders) == 0 {
		kubeconfig := os.Getenv("KUBECONFIG")
		if kubeconfig == "" {
			return errors.New("set KUBECONFIG or -kubeconfig")
		}
		o.kubeconfigs = []string{kubeconfig}
	}
	return nil
}

func (o *options) length() phases.Length {
	switch {
	case o.short:
		return phases.Short
	case o.long:
		return phases.Long
	}
	return phases.Usual
}

// lengthOf returns the length that a result was measured with.
func (o *options) lengthOf(result *report.Result) phases.Length {
	names := result.PhaseNames()
	for _, length := range []phases.Length{phases.Usual, phases.Short, phases.Long} {
		known := map[string]bool{}
		for _, title := range phases.Titles(phases.Plan(length)) {
			known[title.Name] = true
		}
		if !slices.ContainsFunc(names, func(name string) bool { return !known[name] }) {
			return length
		}
	}
	return phases.Long
}

// loaded returns the results to render, put together. With a name, the installation of a result gets it.
func (o *options) loaded() (*report.Result, error) {
	var all *report.Result
	for _, text := range o.renders {
		name, path, named := strings.Cut(text, "=")
		if !named {
			path = text
		}
		one, err := report.Load(path)
		if err != nil {
			return nil, err
		}
		for i := range one.Installations {
			if named {
				one.Installations[i].Name = name
			}
		}
		if all == nil {
			all = one
			continue
		}
		all.Add(one)
	}
	return all, nil
}

// plan returns the stages to run, and whether the floor is one of the phases.
func (o *options) plan() (stages []phases.Stage, floor bool, err error) {
	var names []string
	if o.names != "" {
		names = strings.Split(o.names, ",")
	}
	stages, err = phases.Select(phases.Plan(o.length()), names)
	return stages, len(names) == 0 || slices.Contains(names, report.FloorPhase), err
}

// place is an installation as the command line names it.
type place struct {
	name, kubeconfig string
	processes        []process.Named
}

// places returns the installations. Those without a name are called after what distinguishes them.
func (o *options) places() ([]place, error) {
	var found []place
	for i, text := range o.kubeconfigs {
		name, path, named := strings.Cut(text, "=")
		if !named {
			name, path = string(rune('A'+i)), text
			if len(o.kubeconfigs) == 1 {
				name = "this"
			}
		}
		processes, err := process.OfCluster(filepath.Dir(path))
		if err != nil {
			return nil, err
		}
		found = append(found, place{name: name, kubeconfig: path, processes: processes})
	}
	for _, text := range o.pids {
		of, named := "", text
		if before, after, both := strings.Cut(text, "/"); both {
			of, named = before, after
		}
		one, err := process.Parse(named)
		if err != nil {
			return nil, fmt.Errorf("-pid %w", err)
		}
		at := slices.IndexFunc(found, func(p place) bool { return p.name == of || of == "" && len(found) == 1 })
		if at < 0 {
			return nil, fmt.Errorf("-pid %s: name one of the installations, as in %s/%s", text, found[0].name, named)
		}
		found[at].processes = append(found[at].processes, one)
	}
	return found, nil
}
