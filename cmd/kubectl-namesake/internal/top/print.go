package top

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// order is the value of --sort-by.
type order string

// Orders of pools. All but byName begin with the most.
const (
	byNeed     order = "need"
	byName     order = "name"
	byClaimed  order = "claimed"
	byArrivals order = "arrivals"
	byWaits    order = "waits"
)

var (
	orders     = []string{string(byNeed), string(byName), string(byClaimed), string(byArrivals), string(byWaits)}
	orderNames = strings.Join(orders, ", ") + ". need begins with pools whose claims wait, and then those that lack most Sandboxes"
)

// String implements pflag.Value.
func (o *order) String() string { return string(*o) }

// Type implements pflag.Value.
func (*order) Type() string { return "order" }

// Set implements pflag.Value.
func (o *order) Set(text string) error {
	if !slices.Contains(orders, text) {
		return fmt.Errorf("use one of %s", strings.Join(orders, ", "))
	}
	*o = order(text)
	return nil
}

func (o *order) sort(rows []*Pool) {
	slices.SortStableFunc(rows, func(a, b *Pool) int {
		return cmp.Or(o.compare(b, a), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Template, b.Template))
	})
}

// compare says which of two pools has more of what the order is by.
func (o *order) compare(a, b *Pool) int {
	switch *o {
	case byNeed:
		return cmp.Or(cmp.Compare(a.Waiting, b.Waiting), cmp.Compare(a.Wanted-a.Ready, b.Wanted-b.Ready))
	case byClaimed:
		return cmp.Compare(a.Claimed, b.Claimed)
	case byArrivals:
		return cmp.Compare(a.Arrivals, b.Arrivals)
	case byWaits:
		return cmp.Compare(a.longest(), b.longest())
	case byName:
	}
	return 0
}

func (p *Pool) longest() int64 {
	if p.Waits == nil {
		return -1
	}
	return p.Waits.P99
}

func table(rows []*Pool, allNamespaces bool) cli.Table {
	t := cli.Table{Columns: append(
		cli.Columns("namespace", "pool", "ready", "claimed", "waiting", "arrivals", "warm", "p50", "p99"),
		cli.Column{Name: "template", Wide: true}, cli.Column{Name: "source", Wide: true},
	)}
	for _, p := range rows {
		t.Rows = append(t.Rows, p.row())
	}
	if allNamespaces {
		return t
	}
	t.Columns = t.Columns[1:]
	for i := range t.Rows {
		t.Rows[i] = t.Rows[i][1:]
	}
	return t
}

func (p *Pool) row() []cli.Cell {
	name, ready := p.Name, cli.Cell{Text: fmt.Sprintf("%d/%d", p.Ready, p.Wanted)}
	switch {
	case name == "":
		name, ready.Text = "<template "+p.Template+">", "-"
	case p.Template == "": // Claims name a pool that does not exist.
		ready.Text = "-"
	}
	if p.Ready < p.Wanted {
		ready.Colour = colour.Yellow
	}
	waiting := cli.Cell{Text: strconv.Itoa(p.Waiting)}
	if p.Waiting > 0 {
		waiting.Colour = colour.Red
	}
	median, p99 := "-", "-"
	if p.Waits != nil {
		median, p99 = p.duration(p.Waits.Median), p.duration(p.Waits.P99)
	}
	return []cli.Cell{
		{Text: p.Namespace}, {Text: name}, ready, {Text: strconv.Itoa(p.Claimed)}, waiting, {Text: strconv.Itoa(p.Arrivals)},
		{Text: p.share()}, {Text: median}, {Text: p99}, {Text: p.Template}, {Text: string(p.Source)},
	}
}

// share returns the share of claims that got a warm Sandbox.
func (p *Pool) share() string {
	if p.Warm+p.Cold == 0 {
		return "-"
	}
	return fmt.Sprintf("%d%%", p.Warm*100/(p.Warm+p.Cold))
}

// duration writes a wait. Claims tell whole seconds only.
func (p *Pool) duration(milliseconds int64) string {
	took := time.Duration(milliseconds) * time.Millisecond
	switch {
	case p.Source == FromClaims && took < time.Second:
		return "<1s"
	case took >= 10*time.Second:
		return duration.HumanDuration(took)
	}
	return took.String()
}

// names returns the pools' names.
func names(rows []*Pool) []string {
	var all []string
	for _, p := range rows {
		if p.Name != "" {
			all = append(all, objects.Pool.NameOf(p.Name))
		}
	}
	return all
}
