package rules_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestGeneratedName(t *testing.T) {
	for name, tc := range map[string]struct{ base, want string }{
		"a short base stays":           {"pool-", "pool-abcde"},
		"a base of 58 characters":      {strings.Repeat("a", 58), strings.Repeat("a", 58) + "abcde"},
		"a base of 59 loses its end":   {strings.Repeat("a", 58) + "-", strings.Repeat("a", 58) + "abcde"},
		"a base of 254 is cut to 58":   {strings.Repeat("a", 253) + "-", strings.Repeat("a", 58) + "abcde"},
		"a cut behind a dot is a name": {strings.Repeat("a", 57) + ".b-", strings.Repeat("a", 57) + ".abcde"},
	} {
		t.Run(name, func(t *testing.T) {
			got := rules.GeneratedName(tc.base, "abcde")
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if errs := validation.IsDNS1123Subdomain(got); len(errs) > 0 {
				t.Errorf("%q is not a name: %v", got, errs)
			}
		})
	}
}

func TestPodName(t *testing.T) {
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		want    string
	}{
		"without the annotation":              {builder.MakeSandbox("a"), "a"},
		"with an empty one":                   {builder.MakeSandbox("a").PodName(""), "a"},
		"with its own name":                   {builder.MakeSandbox("a").PodName("a"), "a"},
		"with a Pod out of an old-style pool": {builder.MakeSandbox("a").PodName("pool-x"), "pool-x"},
		"with what is no name":                {builder.MakeSandbox("a").PodName("pool/x"), "a"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.PodName(tc.sandbox.Obj()); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestSaysPodName(t *testing.T) {
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		want    bool
	}{
		"nothing":         {builder.MakeSandbox("a"), true},
		"its own name":    {builder.MakeSandbox("a").PodName("a"), true},
		"another":         {builder.MakeSandbox("a").PodName("pool-x"), false},
		"what is no name": {builder.MakeSandbox("a").PodName("pool/x"), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.HasPodName(tc.sandbox.Obj(), "a"); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestColdName(t *testing.T) {
	suffix := "-" + rules.Hash("sandboxclaim-c-uid")[:5]
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		taken string
	}{
		"the name, then with a hash of the UID":       {builder.MakeClaim("c"), "c" + suffix},
		"of a name with room for the hash":            {builder.MakeClaim("c").Name(strings.Repeat("a", 247)), strings.Repeat("a", 247) + suffix},
		"of the longest name there is":                {builder.MakeClaim("c").Name(strings.Repeat("a", 253)), strings.Repeat("a", 247) + suffix},
		"of a name that the cut leaves with a dot":    {builder.MakeClaim("c").Name(strings.Repeat("a", 246) + ".bbbbbb"), strings.Repeat("a", 246) + suffix},
		"of a name that the cut leaves with a hyphen": {builder.MakeClaim("c").Name(strings.Repeat("a", 244) + "---bbbbbb"), strings.Repeat("a", 244) + suffix},
	} {
		t.Run(name, func(t *testing.T) {
			claim := tc.claim.Obj()
			if got := rules.ColdName(claim, false); got != claim.Name {
				t.Errorf("free: got %q, want the claim's name", got)
			}
			got := rules.ColdName(claim, true)
			if got != tc.taken {
				t.Errorf("taken: got %q, want %q", got, tc.taken)
			}
			if errs := validation.IsDNS1123Subdomain(got); len(errs) > 0 {
				t.Errorf("%q is not a name: %v", got, errs)
			}
			if !rules.IsColdName(claim, claim.Name) || !rules.IsColdName(claim, got) {
				t.Error("IsColdName does not know both")
			}
		})
	}
}

func TestIsColdName(t *testing.T) {
	claim := builder.MakeClaim("c").Obj()
	again := builder.MakeClaim("c").UID("another").Obj()
	for _, name := range []string{"", "pool-abcde", "c-", "c-abcde", rules.ColdName(again, true), "x" + rules.ColdName(claim, true)} {
		if rules.IsColdName(claim, name) {
			t.Errorf("%q is not the claim's", name)
		}
	}
}
