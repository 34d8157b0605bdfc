package metrics

import (
	"cmp"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
)

// NewBuild returns a collector of the program's build information. version is the version of the release.
func NewBuild(version string) prometheus.Collector {
	settings := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			settings[setting.Key] = setting.Value
		}
	}
	values := []string{
		version, cmp.Or(settings["vcs.revision"], "unknown"), cmp.Or(settings["vcs.time"], "unknown"),
		runtime.Version(), runtime.Compiler, runtime.GOOS + "/" + runtime.GOARCH,
	}
	labels := prometheus.Labels{}
	for i, name := range build.labelNames() {
		labels[name] = values[i]
	}
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: build.Name, Help: build.Help, ConstLabels: labels}, func() float64 { return 1 })
}
