package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var titles = []Titled{
	{Name: FloorPhase, Title: "floor"}, {Name: "warm", Title: "warm"}, {Name: "warm1000", Title: "warm on 1000"}, {Name: "burst", Title: "burst", Open: true},
}

// repetition is one in which the floor is so many milliseconds.
func repetition(floor float64) Repetition {
	one := func(name string, pool int, values map[string]float64) Phase {
		return Phase{Name: name, Pool: pool, Values: values, Points: []Point{{Due: 0, Took: 30, Warm: true}, {Due: 1, Took: -1}}}
	}
	return Repetition{Busy: 0.05, Phases: []Phase{
		{Name: FloorPhase, Values: map[string]float64{FloorP50: floor}},
		one("warm", 100, map[string]float64{ReadyP50: 30, CPU("manager"): 12, RSS("manager"): 80}),
		one("warm1000", 1000, map[string]float64{ReadyP50: 40, CPU("manager"): 13}),
		one("burst", 1000, map[string]float64{ReadyP50: 1000, Achieved: 55.55, RSS("manager"): 90}),
	}}
}

func result(installations ...string) *Result {
	r := &Result{Began: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), Seconds: 61, Machine: "2 cores", Notes: []string{"A note."}}
	for _, name := range installations {
		r.Installations = append(r.Installations, Installation{
			Name: name, Kubernetes: "v1", Processes: []string{"manager"}, Repetitions: []Repetition{repetition(10), repetition(30), repetition(15)},
		})
	}
	return r
}

// lines returns the table's lines.
func lines(t *testing.T, r *Result) []string {
	t.Helper()
	var out bytes.Buffer
	if err := r.Table(&out, titles); err != nil {
		t.Fatal(err)
	}
	return strings.Split(out.String(), "\n")
}

func TestTable(t *testing.T) {
	want := strings.Split(`2 January 2026 03:04 UTC, 2 cores. this: Kubernetes v1, 3 repetitions, processors busy before each: 5 to 5 %. It took 1m1s.
A note.

| what | unit | this: median (lowest to highest) | x floor |
|---|---|---:|---:|
| floor: p50 | ms | 15.0 (10.0 to 30.0) | 1.00 |
| warm: created until Ready, p50 | ms | 30.0 (30.0 to 30.0) | 2.00 |
| - CPU of manager, a claim | ms | 12.0 (12.0 to 12.0) |  |
| - memory of manager | MiB | 80.0 (80.0 to 80.0) |  |
| warm on 1000: created until Ready, p50 | ms | 40.0 (40.0 to 40.0) | 2.67 |
| - CPU of manager, a claim | ms | 13.0 (13.0 to 13.0) |  |
| burst: created until Ready, p50 | ms | 1000 (1000 to 1000) | 66.67 |
| - achieved while the pool lasts | a second | 55.5 (55.5 to 55.5) |  |

Audits: 0 violations (in excess, leaks, doubles); 0 failures; 0 claims bound again.
`, "\n")
	if diff := cmp.Diff(want, lines(t, result("this"))); diff != "" {
		t.Error(diff)
	}
}

func TestTableOfTwo(t *testing.T) {
	r := result("A", "B")
	for _, repetition := range r.Installations[1].Repetitions {
		repetition.Phases[1].Values[ReadyP50] = 45
		delete(repetition.Phases[3].Values, Achieved)
	}
	delete(r.Installations[0].Repetitions[0].Phases[3].Values, ReadyP50)
	got := lines(t, r)
	for _, want := range []string{
		"| burst: created until Ready, p50 | ms | 1000 (1000 to 1000), of 2 | 50.00 | 1000 (1000 to 1000) | 66.67 | 1.00 |",
		"| warm: created until Ready, p50 | ms | 30.0 (30.0 to 30.0) | 2.00 | 45.0 (45.0 to 45.0) | 3.00 | 1.50 |",
		"| - achieved while the pool lasts | a second | 55.5 (55.5 to 55.5) |  | - |  | - |",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("there is no line %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

func TestTableSaysWhatIsWrong(t *testing.T) {
	r := result("A")
	phase := &r.Installations[0].Repetitions[1].Phases[1]
	phase.Violations, phase.Failures, phase.Values[Rebound] = []string{"leak: x"}, []string{"not Ready"}, 2
	got := strings.Join(lines(t, r), "\n")
	for _, want := range []string{
		"Audits: 1 violations (in excess, leaks, doubles); 1 failures; 2 claims bound again.\n",
		"- A, repetition 2, phase warm: leak: x\n", "- A, repetition 2, phase warm: not Ready\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if n := len(r.Bad()); n != 2 {
		t.Errorf("%d are bad, want 2", n)
	}
}

func TestJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "result.json")
	want := result("A", "B")
	if err := want.Save(file); err != nil {
		t.Fatal(err)
	}
	got, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// All files are written, and each plot is well-formed and has a name for each installation.
func TestWriteAll(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	var out bytes.Buffer
	if err := result("first", "second").WriteAll(folder, titles, &out); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(entry.Name(), ".svg") {
			checkPlot(t, entry.Name(), content)
		}
	}
	want := []string{
		"latency-burst.svg", "latency-warm.svg", "latency-warm1000.svg", "ready-burst.svg", "result.json", "size-cpu-manager.svg",
		"size-latency.svg", "table.md",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if table, err := os.ReadFile(filepath.Join(folder, "table.md")); err != nil || !bytes.Equal(table, out.Bytes()) {
		t.Errorf("table.md is not what was printed: %v", err)
	}
}

func checkPlot(t *testing.T, name string, content []byte) {
	t.Helper()
	for decoder := xml.NewDecoder(bytes.NewReader(content)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%s is not well-formed: %v", name, err)
		}
	}
	for _, installation := range []string{">first<", ">second<"} {
		if !bytes.Contains(content, []byte(installation)) {
			t.Errorf("%s has no series %s", name, installation)
		}
	}
}

func TestFigure(t *testing.T) {
	for number, want := range map[float64]string{0: "0.00", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 1234567: "1234567", -12.34: "-12.3"} {
		if got := figure(number); got != want {
			t.Errorf("figure(%v) = %s, want %s", number, got, want)
		}
	}
}

// A claim that was never Ready is no point, and keeps the share of those that were below all.
func TestPoints(t *testing.T) {
	points := []Point{{Due: 1, Took: 2000}, {Due: 2, Took: -1}, {Due: 3, Took: 1000}, {Due: 4, Took: 500}}
	if diff := cmp.Diff([][2]float64{{1, 2000}, {3, 1000}, {4, 500}}, overTime(points)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][2]float64{{0, 0}, {0.5, 25}, {1, 50}, {2, 75}}, cumulated(points)); diff != "" {
		t.Error(diff)
	}
}
