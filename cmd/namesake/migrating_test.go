package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// formerDefaults holds all flags of agent-sandbox, with their defaults there. It does not say the defaults of its log flags.
var formerDefaults = map[string]string{
	"version":                                          "false",
	"metrics-bind-address":                             ":8080",
	"health-probe-bind-address":                        ":8081",
	"leader-elect":                                     "true",
	"leader-election-namespace":                        "",
	"extensions":                                       "false",
	"cluster-domain":                                   "cluster.local",
	"enable-tracing":                                   "false",
	"enable-pprof":                                     "false",
	"enable-pprof-debug":                               "false",
	"pprof-block-profile-rate":                         "1000000",
	"pprof-mutex-profile-fraction":                     "10",
	"kube-api-qps":                                     "-1",
	"kube-api-burst":                                   "10",
	"api-connections":                                  "1",
	"separate-watch-connection":                        "false",
	"sandbox-concurrent-workers":                       "100",
	"sandbox-claim-concurrent-workers":                 "50",
	"sandbox-warm-pool-concurrent-workers":             "1",
	"sandbox-template-concurrent-workers":              "1",
	"sandbox-warm-pool-max-batch-size":                 "300",
	"sandbox-warm-pool-replenish-delay":                "0s",
	"sandbox-warm-pool-max-refill-rate":                "0",
	"sandbox-warm-pool-readiness-grace-period":         "5m0s",
	"sandbox-warm-pool-unschedulable-recheck-interval": "1m0s",
	"enable-warm-pool-eviction":                        "true",
	"cache-label-selectors":                            "false",
	"disable-claim-events":                             "false",
	"disable-claim-observability-annotations":          "false",
	"disable-sandbox-events":                           "false", // Since 1.0.4.
	"sandbox-write-behind-window":                      "0s",
	"webhook-port":                                     "9443",
	"webhook-cert-dir":                                 "/tmp/k8s-webhook-server/serving-certs",
	"webhook-cert-name":                                "tls.crt",
	"webhook-key-name":                                 "tls.key",
	"webhook-service-name":                             "agent-sandbox-webhook-service",
	"webhook-namespace":                                "agent-sandbox-system",
	"manage-webhook-certs":                             "true",
	"enable-webhook":                                   "true",
	"zap-devel":                                        logging,
	"zap-encoder":                                      logging,
	"zap-log-level":                                    logging,
	"zap-stacktrace-level":                             logging,
	"zap-time-encoding":                                logging,
}

// logging stands for the default of a log flag.
const logging = "not said"

// TestDocsOfMigrating checks that docs/migrating.md says of each flag of agent-sandbox what it is here, and that this is
// true.
func TestDocsOfMigrating(t *testing.T) {
	flags := flag.NewFlagSet("namesake", flag.ContinueOnError)
	declare(flags, defaults(), &zap.Options{})
	ineffective := map[string]bool{}
	for _, former := range ignoredFlags() {
		ineffective[former.name] = true
	}
	said := flagsOfMigrating(t)
	for name, initial := range formerDefaults {
		here, want := flags.Lookup(name), "the same"
		switch {
		case here == nil:
			want = "none"
		case ineffective[name]:
			want = "no effect"
		case initial != logging && here.DefValue != initial:
			want = "another default"
		}
		if !strings.HasPrefix(said[name], want) {
			t.Errorf("docs/migrating.md says of --%s: %q, want %q and why", name, said[name], want)
		}
	}
	for name := range said {
		if _, ok := formerDefaults[name]; !ok {
			t.Errorf("docs/migrating.md has --%s, which agent-sandbox does not have", name)
		}
	}
}

// flagsOfMigrating returns what the table of flags in docs/migrating.md says of each flag.
func flagsOfMigrating(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "migrating.md"))
	if err != nil {
		t.Fatal(err)
	}
	said, name := map[string]string{}, regexp.MustCompile("`--([a-z-]+)`")
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			continue
		}
		for _, match := range name.FindAllStringSubmatch(cells[1], -1) {
			said[match[1]] = strings.TrimSpace(cells[2])
		}
	}
	return said
}
