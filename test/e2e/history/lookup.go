package history

import "github.com/namesake-sandbox/namesake/internal/rules"

// Claim returns the existing claim of that name, or nil.
func (h *History) Claim(name string) *Claim {
	for _, claim := range h.Claims {
		if !claim.Gone && claim.Latest.Name == name {
			return claim
		}
	}
	return nil
}

// Sandbox returns the existing Sandbox of that name, or nil.
func (h *History) Sandbox(name string) *Sandbox {
	for _, sandbox := range h.Sandboxes {
		if !sandbox.Gone && sandbox.Latest.Name == name {
			return sandbox
		}
	}
	return nil
}

// Pod returns the existing Pod of that name, or nil.
func (h *History) Pod(name string) *Pod {
	for _, pod := range h.Pods {
		if !pod.Gone && pod.Latest.Name == name {
			return pod
		}
	}
	return nil
}

// Of returns the Sandbox that the claim controls or controlled, or any of them if there are two. It returns nil if there was
// none.
func (h *History) Of(claim *Claim) *Sandbox {
	for _, sandbox := range h.Sandboxes {
		for _, owner := range sandbox.Controllers {
			if owner.UID == claim.Latest.UID {
				return sandbox
			}
		}
	}
	return nil
}

// Created counts the Sandboxes that the pool of that name ever created.
func (h *History) Created(pool string) int {
	created := 0
	for _, sandbox := range h.Sandboxes {
		if sandbox.Warm() && sandbox.Controllers[0].Name == pool {
			created++
		}
	}
	return created
}

// Members returns the Sandboxes that the pool of that name controls.
func (h *History) Members(pool string) []*Sandbox {
	var members []*Sandbox
	for _, sandbox := range h.Sandboxes {
		if owner := rules.ControllerOf(sandbox.Latest); !sandbox.Gone && rules.IsPool(owner) && owner.Name == pool {
			members = append(members, sandbox)
		}
	}
	return members
}

// Left counts the Sandboxes, claims and Pods that exist.
func (h *History) Left() (sandboxes, claims, pods int) {
	for _, sandbox := range h.Sandboxes {
		if !sandbox.Gone {
			sandboxes++
		}
	}
	for _, claim := range h.Claims {
		if !claim.Gone {
			claims++
		}
	}
	for _, pod := range h.Pods {
		if !pod.Gone {
			pods++
		}
	}
	return sandboxes, claims, pods
}
