package chart

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An alert reports that a certificate was not renewed. It must not fire while everything is as the values say, and it must not
// fire only when it is too late.
func TestAlertsFollowTheDurations(t *testing.T) {
	t.Parallel()
	const day = 24 * 60 * 60
	cases := map[string]struct {
		values []string
		want   []string
	}{
		"defaults":           {nil, []string{seconds(15 * day), seconds(3 * day), seconds((365 - 60) * day / 2)}},
		"short certificates": {variants["short certificates"], []string{seconds(day / 6), seconds(day / 30), seconds(day / 6)}},
		"mixed units": {
			[]string{"certManager.certificate.renewBefore=100h10m10s"},
			[]string{seconds(360610 / 2), seconds(360610 / 10), seconds((365*day - 90*day + 360610) / 2)},
		},
		// This is no octal number.
		"leading zeros": {
			[]string{"certManager.certificate.renewBefore=0100h"},
			[]string{seconds(50 * 3600), seconds(10 * 3600), seconds((365*day - 90*day + 100*3600) / 2)},
		},
		// The authority lives at least as long as the certificates that it has signed.
		"own issuer":      {variants["own issuer"], []string{seconds(15 * day), seconds(3 * day), seconds(15 * day)}},
		"own certificate": {append(variants["own certificate"], "certManager.certificate.renewBefore=1h"), []string{seconds(15 * day), seconds(3 * day), seconds(30 * day)}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule := named(render(t, append(c.values, "metrics.prometheusRule.enabled=true")...), "PrometheusRule", "namesake")
			rules, _ := at(rule, "spec", "groups", 0, "rules").([]any)
			var got []string
			for _, alert := range rules {
				expression := fmt.Sprint(at(alert, "expr"))
				if _, left, ok := strings.Cut(expression, "time() < "); ok {
					got = append(got, left)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func seconds(n int) string { return fmt.Sprint(n) }
