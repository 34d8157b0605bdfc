package rules

import (
	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// outdatedFunc returns a function that reports whether the pool replaces a member because the template makes something
// else by now.
func outdatedFunc(pool *extensionsv1.SandboxWarmPool, edition *TemplateSnapshot) func(*sandboxv1.Sandbox) bool {
	if edition == nil || UpdateStrategy(pool) != extensionsv1.UpdateStrategyRecreate {
		return func(*sandboxv1.Sandbox) bool { return false }
	}
	return func(member *sandboxv1.Sandbox) bool { return !edition.Matches(member) }
}
