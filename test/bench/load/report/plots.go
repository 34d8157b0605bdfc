package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/namesake-sandbox/namesake/test/bench/load/stats"
	"github.com/namesake-sandbox/namesake/test/bench/load/svg"
)

// Plots writes into a folder, for each phase with claims, latency-PHASE.svg: each claim of all repetitions, by the moment it was
// due. For phases that wait for nobody it writes ready-PHASE.svg too: which share of the claims was Ready how long after it was
// due. size-latency.svg and size-cpu-PROCESS.svg have what a claim costs on pools of different sizes.
func (r *Result) Plots(folder string, phases []Titled) error {
	plots := map[string]*svg.Plot{}
	for _, phase := range phases {
		if points := r.series(phase.Name, overTime, svg.Dots); len(points) > 0 {
			plots["latency-"+phase.Name] = &svg.Plot{
				Title: phase.Title + ": created until Ready", X: "when the claim was due, seconds", Y: "milliseconds", LogY: true, Series: points,
			}
			if phase.Open {
				plots["ready-"+phase.Name] = &svg.Plot{
					Title: phase.Title + ": claims Ready", X: "seconds after the claim was due", Y: "% of all claims",
					Series: r.series(phase.Name, cumulated, svg.Steps),
				}
			}
		}
	}
	const title = "one claim at a time, on pools of different sizes: "
	r.bySize(plots, "size-latency", phases, ReadyP50, title+"created until Ready, p50")
	for _, name := range r.processes() {
		r.bySize(plots, "size-cpu-"+name, phases, CPU(name), title+"CPU of "+name+" a claim")
	}
	for name, plot := range plots {
		if err := write(filepath.Join(folder, name+".svg"), plot.Write); err != nil {
			return err
		}
	}
	return nil
}

// write writes a file by a function.
func write(path string, content func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return cmp.Or(content(file), file.Close())
}

// processes returns the names of all measured processes, each once.
func (r *Result) processes() []string {
	names := map[string]bool{}
	for _, installation := range r.Installations {
		for _, name := range installation.Processes {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// series returns a series for each installation that has points of a phase.
func (r *Result) series(phase string, turn func([]Point) [][2]float64, style svg.Style) []svg.Series {
	var found []svg.Series
	for _, installation := range r.Installations {
		var points []Point
		for _, each := range installation.Phases(phase) {
			points = append(points, each.Points...)
		}
		if len(points) > 0 {
			found = append(found, svg.Series{Name: installation.Name, XY: turn(points), Style: style})
		}
	}
	return found
}

// overTime places a claim by when it was due and how long it took. One that never was Ready has no place.
func overTime(points []Point) [][2]float64 {
	var found [][2]float64
	for _, point := range points {
		if point.Took >= 0 {
			found = append(found, [2]float64{point.Due, point.Took})
		}
	}
	return found
}

// cumulated says for each moment which share of all claims was Ready by then, in percent.
func cumulated(points []Point) [][2]float64 {
	var took []float64
	for _, point := range points {
		if point.Took >= 0 {
			took = append(took, point.Took/1000)
		}
	}
	slices.Sort(took)
	found := [][2]float64{{0, 0}}
	for i, seconds := range took {
		found = append(found, [2]float64{seconds, 100 * float64(i+1) / float64(len(points))})
	}
	return found
}

// bySize adds a plot of a figure against the size of the pool, of the phases that take one claim at a time, if there are two.
func (r *Result) bySize(plots map[string]*svg.Plot, name string, phases []Titled, key, title string) {
	var found []svg.Series
	for _, installation := range r.Installations {
		var line [][2]float64
		for _, phase := range phases {
			ran := installation.Phases(phase.Name)
			if value := stats.Median(installation.Values(phase.Name, key)); !phase.Open && !math.IsNaN(value) && ran[0].Pool > 0 {
				line = append(line, [2]float64{float64(ran[0].Pool), value})
			}
		}
		if len(line) > 1 {
			slices.SortFunc(line, func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
			found = append(found, svg.Series{Name: installation.Name, XY: line, Style: svg.Line})
		}
	}
	if len(found) > 0 {
		plots[name] = &svg.Plot{Title: title, X: "Sandboxes of the pool", Y: "milliseconds", Series: found}
	}
}

// WriteAll writes result.json, table.md and the plots into a folder, and the table to w.
func (r *Result) WriteAll(folder string, phases []Titled, w io.Writer) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("the folder of the results: %w", err)
	}
	if err := r.Save(filepath.Join(folder, "result.json")); err != nil {
		return err
	}
	table := func(to io.Writer) error { return r.Table(to, phases) }
	if err := write(filepath.Join(folder, "table.md"), table); err != nil {
		return err
	}
	return cmp.Or(r.Plots(folder, phases), table(w))
}
