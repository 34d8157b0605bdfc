package history

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// These are the rules that must hold all the time.
const (
	OneClaim      = "a Sandbox serves one claim"
	OneSandbox    = "a claim has one Sandbox"
	OneAdoption   = "a Sandbox's controller changes once at most"
	PodName       = "a Pod bears its Sandbox's name"
	OnePod        = "a Sandbox has one Pod at a time"
	OwnedByStatus = "a claim names in its status the Sandbox that it controls"
)

// Violations returns what must not have happened, by rule: one line for each Sandbox, claim or Pod that broke the rule.
func (h *History) Violations() map[string][]string {
	found := map[string][]string{}
	report := func(rule, format string, args ...any) {
		found[rule] = append(found[rule], fmt.Sprintf(format, args...))
	}

	sandboxesOf := map[types.UID]map[types.UID]bool{} // by claim
	claimsOf := map[types.UID]map[types.UID]bool{}    // by Sandbox
	note := func(claim, sandbox types.UID) { add(sandboxesOf, claim, sandbox); add(claimsOf, sandbox, claim) }
	for uid, sandbox := range h.Sandboxes {
		if len(sandbox.Controllers) > 2 {
			report(OneAdoption, "Sandbox %q: %v", sandbox.Latest.Name, sandbox.Controllers)
		}
		for _, owner := range sandbox.Controllers {
			if owner.Kind == extensionsv1.KindSandboxClaim {
				note(owner.UID, uid)
			}
		}
	}
	for uid, claim := range h.Claims {
		for _, sandbox := range claim.StatusUIDs {
			if !sandboxesOf[uid][sandbox] {
				report(OwnedByStatus, "claim %q names Sandbox %q, which it never controlled", claim.Latest.Name, claim.Latest.Status.Sandbox.Name)
			}
			note(uid, sandbox)
		}
	}
	for claim, sandboxes := range sandboxesOf {
		if len(sandboxes) > 1 {
			report(OneSandbox, "claim %s: Sandboxes %s", h.claimName(claim), names(sandboxes, h.sandboxName))
		}
	}
	for sandbox, claims := range claimsOf {
		if len(claims) > 1 {
			report(OneClaim, "Sandbox %s: claims %s", h.sandboxName(sandbox), names(claims, h.claimName))
		}
	}
	for _, pod := range h.Pods {
		for _, owner := range pod.Controllers {
			if owner.Kind == sandboxv1.KindSandbox && owner.Name != pod.Latest.Name {
				report(PodName, "Pod %q is controlled by Sandbox %q", pod.Latest.Name, owner.Name)
			}
			if sandbox := h.Sandboxes[owner.UID]; sandbox != nil && sandbox.Latest.Name != owner.Name {
				report(PodName, "Pod %q names Sandbox %q, whose name is %q", pod.Latest.Name, owner.Name, sandbox.Latest.Name)
			}
		}
	}
	found[OnePod] = slices.Collect(maps.Values(h.doubled))
	maps.DeleteFunc(found, func(_ string, lines []string) bool { return len(lines) == 0 })
	return found
}

func add(sets map[types.UID]map[types.UID]bool, key, member types.UID) {
	if sets[key] == nil {
		sets[key] = map[types.UID]bool{}
	}
	sets[key][member] = true
}

func names(uids map[types.UID]bool, name func(types.UID) string) string {
	var list []string
	for uid := range uids {
		list = append(list, name(uid))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func (h *History) claimName(uid types.UID) string {
	if claim := h.Claims[uid]; claim != nil {
		return fmt.Sprintf("%q", claim.Latest.Name)
	}
	return fmt.Sprintf("(UID %s)", uid)
}

func (h *History) sandboxName(uid types.UID) string {
	if sandbox := h.Sandboxes[uid]; sandbox != nil {
		return fmt.Sprintf("%q", sandbox.Latest.Name)
	}
	return fmt.Sprintf("(UID %s)", uid)
}
