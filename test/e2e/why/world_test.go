package why

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// patience is how long a situation may take to show.
const patience = 90 * time.Second

// settled is how long a transcript has to stay the same before it is written: a new Sandbox says nothing for two seconds.
const settled = 4 * time.Second

// plugin is the folder of the built plugin, which kubectl finds in PATH.
var plugin string

func TestMain(m *testing.M) {
	flag.Parse()
	folder, err := os.MkdirTemp("", "kubectl-namesake")
	if err == nil {
		plugin = folder
		build := exec.Command("go", "build", "-o", filepath.Join(folder, "kubectl-namesake"), "../../../cmd/kubectl-namesake")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, "building the plugin:", err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(folder) // It is in the system's folder for what is temporary.
	os.Exit(code)
}

// world is a namespace of one situation, and kubectl in it.
type world struct {
	*testbed.Bed
	namespace  string
	kubeconfig string
}

func enter(t *testing.T) *world {
	t.Helper()
	bed := testbed.Open(t)
	return &world{Bed: bed, namespace: bed.Namespace(t), kubeconfig: os.Getenv("KUBECONFIG")}
}

// shell runs a command in a shell, with kubectl and the plugin in PATH, and returns what it printed and its exit code.
func (w *world) shell(t *testing.T, input, script string) (output string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience) // It also runs while a test cleans up.
	defer cancel()
	command := exec.CommandContext(ctx, "sh", "-c", script)
	command.Env = append(os.Environ(), "PATH="+plugin+string(os.PathListSeparator)+os.Getenv("PATH"), "KUBECONFIG="+w.kubeconfig)
	command.Stdin = strings.NewReader(input)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	if ended, is := errors.AsType[*exec.ExitError](err); is {
		return out.String(), ended.ExitCode()
	}
	if err != nil {
		t.Fatalf("running %s: %v", script, err)
	}
	return out.String(), 0
}

// run is shell for what has to succeed.
func (w *world) run(t *testing.T, script string) string {
	t.Helper()
	out, code := w.shell(t, "", script)
	if code != 0 {
		t.Fatalf("%s ended with %d:\n%s", script, code, out)
	}
	return out
}

// kubectl runs kubectl in the namespace.
func (w *world) kubectl(t *testing.T, format string, args ...any) string {
	t.Helper()
	return w.run(t, "kubectl --namespace "+w.namespace+" "+fmt.Sprintf(format, args...))
}

// apply applies manifests in the namespace. NAMESPACE in them is its name.
func (w *world) apply(t *testing.T, manifests ...string) {
	t.Helper()
	text := strings.ReplaceAll(strings.Join(manifests, "\n---\n"), "NAMESPACE", w.namespace)
	if out, code := w.shell(t, text, "kubectl --namespace "+w.namespace+" apply -f -"); code != 0 {
		t.Fatalf("applying:\n%s\n%s", text, out)
	}
}

// await waits until done, which returns what is missing, or nothing.
func await(t *testing.T, what string, done func() string) {
	t.Helper()
	missing := ""
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		missing = done()
		return missing == "", nil
	})
	if err != nil {
		t.Fatalf("waiting for %s: %v:\n%s", what, err, missing)
	}
}

// awaitSuccess waits until a command of kubectl in the namespace succeeds.
func (w *world) awaitSuccess(t *testing.T, format string, args ...any) {
	t.Helper()
	script := "kubectl --namespace " + w.namespace + " " + fmt.Sprintf(format, args...)
	await(t, script, func() string {
		out, code := w.shell(t, "", script)
		if code == 0 {
			return ""
		}
		return out
	})
}

// The parts of a transcript that differ each time.
var changing = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UID"},
	{regexp.MustCompile(`python-[a-z0-9]{5}\b`), "python-XXXXX"},
	{regexp.MustCompile(`(127\.0\.0\.1|\[::1\]|localhost):\d+`), "ADDRESS"},
	{regexp.MustCompile(`\.svc:\d+/`), ".svc:PORT/"},
	{regexp.MustCompile(`(timeout=10s"): (?:EOF|read tcp|write tcp|dial tcp|net/http|http:)[^;\n]*?(; and|\.\n|\n)`), "$1: NO CONNECTION$2"},
	{regexp.MustCompile(`\b(\d+h)?(\d+m)?\d+s\b`), "AGE"},
	{regexp.MustCompile(`\S+_UID\b`), "HOST_UID"},
	{regexp.MustCompile(`(HOST_UID last renewed) [^\n]*\.{3}`), "$1 ..."}, // It is cut sooner where the host's name is longer.
	{regexp.MustCompile(`\d+/\d+ nodes`), "N nodes"},
	{regexp.MustCompile(`\d+ node\(s\)`), "N node(s)"},
	{regexp.MustCompile(`(N nodes are available: [^.\n]*)\.[^\n]*`), "$1."}, // What follows differs between versions of the scheduler.
	{regexp.MustCompile(`node-\d{3}`), "node-NNN"},
	{regexp.MustCompile(`\d+ days`), "N days"},
	{regexp.MustCompile(` +\n`), "\n"},
	{regexp.MustCompile(`  +`), "  "},
}

// normal returns a transcript in which what differs each time has a name. Columns are as wide as such names, so their width goes, too.
func (w *world) normal(text string) string {
	text = strings.ReplaceAll(text, w.namespace, "NAMESPACE")
	for _, c := range changing {
		text = c.pattern.ReplaceAllString(text, c.name)
	}
	return text
}

// expect waits until the plugin says what the golden file has, and ends with that code.
func (w *world) expect(t *testing.T, golden string, wantCode int, has, format string, args ...any) {
	t.Helper()
	command := "kubectl namesake " + fmt.Sprintf(format, args...)
	path := filepath.Join("testdata", golden+".txt")
	want, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	before, since := "", time.Now()
	await(t, command+" to say what "+path+" has", func() string {
		out, code := w.shell(t, "", command+" --namespace "+w.namespace)
		got := fmt.Sprintf("$ %s\n%sexit code %d\n", command, w.normal(out), code)
		switch {
		case code != wantCode || !strings.Contains(got, has):
			return fmt.Sprintf("want exit code %d and %q:\n%s", wantCode, has, got)
		case *update && got != before:
			before, since = got, time.Now()
			return got
		case *update && time.Since(since) < settled:
			return got
		case *update:
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
			return ""
		}
		return cmp.Diff(string(want), got)
	})
}

// remedy runs the command that the plugin names for the target.
func (w *world) remedy(t *testing.T, target string) {
	t.Helper()
	out, _ := w.shell(t, "", fmt.Sprintf("kubectl namesake why %s --namespace %s -o json", target, w.namespace))
	var diagnosis struct {
		Cause struct{ Command string }
	}
	if err := json.Unmarshal([]byte(out), &diagnosis); err != nil || diagnosis.Cause.Command == "" {
		t.Fatalf("no command: %v:\n%s", err, out)
	}
	t.Logf("$ %s\n%s", diagnosis.Cause.Command, w.run(t, diagnosis.Cause.Command))
}

// awaitWell waits until nothing is in the way of the target.
func (w *world) awaitWell(t *testing.T, target string) {
	t.Helper()
	await(t, target+" to be well", func() string {
		out, code := w.shell(t, "", fmt.Sprintf("kubectl namesake why %s --namespace %s", target, w.namespace))
		if code == 0 {
			return ""
		}
		return out
	})
}
