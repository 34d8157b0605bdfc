// Command demo shows the product's main job on a running cluster, with the kubectl commands that anyone would type. At each
// step it checks that the cluster shows what it should. "make demo" starts a cluster for it. See steps.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// namespace is the namespace in which the cluster's editor may edit.
	namespace = "default"
	// clusterVariable names the folder of the cluster.
	clusterVariable = "NAMESAKE_CLUSTER_DIR"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	result := flag.String("result", "", "a file for the last line, which is printed otherwise")
	flag.Parse()

	began := time.Now()
	d, err := newDemo(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo: FAILED before the first step:", err)
		return 1
	}
	fmt.Println("\nThe control plane and kubectl are real. The nodes are simulated: a Pod is Ready soon after it is created, and runs nothing.")
	steps := d.steps()
	for i, step := range steps {
		fmt.Printf("\n%s\n\n", bold(fmt.Sprintf("%d/%d  %s", i+1, len(steps), step.sentence)))
		if err := step.show(ctx); err != nil {
			fmt.Fprintf(os.Stderr, "\ndemo: FAILED at step %d of %d (%s): %v\n", i+1, len(steps), step.sentence, err)
			return 1
		}
	}
	line := fmt.Sprintf("demo: ok, claim Ready in %.1f ms, %d Sandboxes, %d Pods of their names, %d refusals, %d steps in %.1f s\n",
		milliseconds(d.latency), d.sandboxes, d.pods, d.refusals, len(steps), time.Since(began).Seconds())
	if *result == "" {
		fmt.Print("\n" + line)
	} else if err := os.WriteFile(*result, []byte(line), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, "demo: FAILED to write its result:", err)
		return 1
	}
	return 0
}

// demo is one run: the clients that it uses, and what the steps leave for later ones and for the last line.
type demo struct {
	kubectl kubectl
	client  *client

	members   map[string]member // What was in the pool before the first claim.
	bound     bound             // What that claim got.
	latency   time.Duration
	sandboxes int
	pods      int
	refusals  int
}

// newDemo connects to the cluster that the environment names, and refuses a cluster that contains something to lose.
func newDemo(ctx context.Context) (*demo, error) {
	dir := os.Getenv(clusterVariable)
	if dir == "" {
		return nil, errors.New(clusterVariable + ` does not name a cluster of test/cluster: run "make demo"`)
	}
	// Both kubeconfigs are used, so that --context alone selects the user of a command.
	configs := filepath.Join(dir, "admin.kubeconfig") + string(os.PathListSeparator) + filepath.Join(dir, "editor.kubeconfig")
	for key, value := range map[string]string{"KUBECONFIG": configs, "KUBECACHEDIR": filepath.Join(dir, "kubectl-cache")} {
		if err := os.Setenv(key, value); err != nil {
			return nil, err
		}
	}
	client, err := newClient()
	if err != nil {
		return nil, err
	}
	if err := client.nothingLeft(ctx); err != nil {
		return nil, fmt.Errorf("the demo deletes what it finds, and so needs a namespace %q with nothing in it: %w", namespace, err)
	}
	return &demo{client: client}, nil
}

// say prints what the program itself found, separate from the output of kubectl.
func say(format string, args ...any) {
	fmt.Printf("%s\n", bold("=> "+fmt.Sprintf(format, args...)))
}

// bold makes text bold on terminals only.
func bold(text string) string {
	if info, err := os.Stdout.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return text
	}
	return "\033[1m" + text + "\033[0m"
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Microseconds()) / 1000
}
