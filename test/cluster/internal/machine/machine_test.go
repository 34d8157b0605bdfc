package machine

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func prefixes(t *testing.T, texts ...string) []netip.Prefix {
	t.Helper()
	var found []netip.Prefix
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, prefix)
	}
	return found
}

func TestALinkCollidesWithNothing(t *testing.T) {
	cases := map[string]struct {
		taken []string
		names []string
		node  string // Empty if there is none.
	}{
		"a machine of its own":                   {taken: []string{"192.0.2.2/24", "fd00::2/64"}, node: "10.213.0.2"},
		"an interface in the first network":      {taken: []string{"10.213.0.77/32"}, node: "10.213.1.2"},
		"a name that is taken":                   {names: []string{"namesake0", "namesake1"}, node: "10.213.2.2"},
		"a network that holds all that it could": {taken: []string{"10.0.0.0/8"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			link, err := chooseLink(prefixes(t, c.taken...), func(name string) bool { return slices.Contains(c.names, name) })
			if (err != nil) != (c.node == "") {
				t.Fatal(err)
			}
			if err == nil && link.Node.String() != c.node {
				t.Errorf("got %+v", link)
			}
		})
	}
}

func TestParseRoutes(t *testing.T) {
	const table = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	0000D50A	00000000	0001	0	0	0	0000FFFF	0	0	0
`
	if got, want := parseRoutes(table), prefixes(t, "10.213.0.0/16"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRemoveTree(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "root")
	if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 { // It succeeds if there is none.
		if err := removeTree(dir); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("it is still there")
	}
}

func TestPathHasWhatAdministratorsRun(t *testing.T) {
	t.Setenv("PATH", "/usr/bin")
	if got := filepath.SplitList(Path()); !slices.Contains(got, "/usr/sbin") || got[0] != "/usr/bin" {
		t.Errorf("got %v", got)
	}
	if _, err := LookPath("no-such-program"); err == nil {
		t.Error("a program is found that is not there")
	}
}
