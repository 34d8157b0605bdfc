package main

import (
	"errors"
	"flag"
	"net/http"
	"net/http/pprof"
	"runtime"
)

// profiling is what the flags say about profiles, which are served beside the metrics.
type profiling struct {
	cpu, all             bool
	blockRate, mutexRate int
}

func (p *profiling) addFlags(flags *flag.FlagSet) {
	flags.BoolVar(&p.cpu, "enable-pprof", p.cpu, "Serve CPU profiles at /debug/pprof/profile on --metrics-bind-address.")
	flags.BoolVar(&p.all, "enable-pprof-debug", p.all,
		"Serve every profile below /debug/pprof/ there, memory among them: whoever reads the metrics can read what the manager holds.")
	flags.IntVar(&p.blockRate, "pprof-block-profile-rate", p.blockRate,
		"With --enable-pprof-debug, how many nanoseconds of blocking a sample stands for; 1 for every blocking, 0 for none.")
	flags.IntVar(&p.mutexRate, "pprof-mutex-profile-fraction", p.mutexRate,
		"With --enable-pprof-debug, of how many waits for a mutex one is sampled; 1 for every one, 0 for none.")
}

// validate returns an error if nothing would serve the profiles that are enabled.
func (p *profiling) validate(metricsAddress string) error {
	if (p.cpu || p.all) && metricsAddress == "0" {
		return errors.New("--enable-pprof: profiles are served beside the metrics: set --metrics-bind-address, or leave this out")
	}
	return nil
}

// handlers returns the handlers that serve the profiles, by path, and starts the sampling for them.
func (p *profiling) handlers() map[string]http.Handler {
	switch {
	case p.all:
		runtime.SetBlockProfileRate(max(0, p.blockRate))
		runtime.SetMutexProfileFraction(max(0, p.mutexRate))
		return map[string]http.Handler{
			"/debug/pprof/":        http.HandlerFunc(pprof.Index), // It also serves the named profiles, such as heap.
			"/debug/pprof/cmdline": http.HandlerFunc(pprof.Cmdline),
			"/debug/pprof/profile": http.HandlerFunc(pprof.Profile),
			"/debug/pprof/symbol":  http.HandlerFunc(pprof.Symbol),
			"/debug/pprof/trace":   http.HandlerFunc(pprof.Trace),
		}
	case p.cpu:
		return map[string]http.Handler{"/debug/pprof/profile": http.HandlerFunc(pprof.Profile)}
	}
	return nil
}
