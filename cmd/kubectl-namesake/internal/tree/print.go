package tree

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
)

// table writes the trees as a table.
func table(roots []*Node, allNamespaces bool, now time.Time) cli.Table {
	t := cli.Table{Columns: append(cli.Columns("namespace", "name", "ready", "reason", "age"), cli.Column{Name: "message", Wide: true})}
	for _, root := range roots {
		t.Rows = root.rows(t.Rows, "", "", now)
	}
	if !allNamespaces {
		t.Columns = t.Columns[1:]
		for i := range t.Rows {
			t.Rows[i] = t.Rows[i][1:]
		}
	}
	return t
}

// rows appends the rows of n and of what is below. before stands before its own name, and below before those of its children.
func (n *Node) rows(rows [][]cli.Cell, before, below string, now time.Time) [][]cli.Cell {
	reason := n.Reason
	if n.Terminating {
		reason = "Terminating"
	}
	rows = append(rows, []cli.Cell{
		{Text: n.Namespace}, {Text: before + n.Kind + "/" + n.Name}, {Text: or(n.Ready, "-"), Colour: n.colour()}, {Text: or(reason, "-")},
		{Text: age(n.Created, now)}, {Text: or(n.Message, "-")},
	})
	for i, child := range n.Children {
		if i == len(n.Children)-1 && n.Left == 0 {
			rows = child.rows(rows, below+"└─", below+"  ", now)
		} else {
			rows = child.rows(rows, below+"├─", below+"│ ", now)
		}
	}
	if n.Left > 0 {
		rows = append(rows, cli.Text(n.Namespace, below+fmt.Sprintf("└─%d more, --all shows them", n.Left),
			fmt.Sprintf("%d/%d", n.LeftReady, n.Left), "-", "-", "-"))
	}
	return rows
}

func (n *Node) colour() colour.Colour {
	switch metav1.ConditionStatus(n.Ready) {
	case metav1.ConditionTrue:
		return colour.Green
	case metav1.ConditionFalse:
		return colour.Red
	case metav1.ConditionUnknown:
		return colour.Yellow
	}
	var ready, wanted int
	if count, _ := fmt.Sscanf(n.Ready, "%d/%d", &ready, &wanted); count == 2 && ready < wanted {
		return colour.Yellow
	}
	return colour.None
}

// age is how kubectl writes the time since an object was created.
func age(created metav1.Time, now time.Time) string {
	if created.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(now.Sub(created.Time))
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// names returns the names of all objects in the trees.
func names(roots []*Node) []string {
	var all []string
	for _, root := range roots {
		all = append(all, root.kind.NameOf(root.Name))
		all = append(all, names(root.Children)...)
	}
	return all
}
