package installation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// judgeLeader says who reconciles.
func judgeLeader(f *Facts) []Finding {
	if !f.Sees(seeLease) {
		return nil
	}
	age := f.Now.Sub(f.Leader.Renewed).Round(time.Second)
	finding := Finding{Part: PartLeader, Level: OK}
	switch {
	case !f.Leader.Exists && f.withoutElection():
		finding.Level, finding.Says = Warn, "the managers run with --leader-elect=false: every one of them reconciles"
	case !f.Leader.Exists:
		finding.Level, finding.Stops = Fail, StopsReconciling
		finding.Says = fmt.Sprintf("nobody leads: there is no Lease %s", f.Leader.Lease)
	case f.Leader.Holder == "":
		finding.Level, finding.Stops = Fail, StopsReconciling
		finding.Says = fmt.Sprintf("nobody leads: Lease %s was given back, and nobody has taken it", f.Leader.Lease)
	case !f.Leader.Fresh:
		finding.Level, finding.Stops = Fail, StopsReconciling
		finding.Says = fmt.Sprintf("nobody leads: %s last renewed Lease %s %s ago", f.Leader.Holder, f.Leader.Lease, age)
	default:
		finding.Says = fmt.Sprintf("%s leads", f.Leader.Holder)
	}
	if finding.Level == Fail {
		finding.Command = fmt.Sprintf("kubectl --namespace %s get deployments,pods,rolebindings", f.Namespace)
		finding.Advice = `bring the managers back; if they run, their log and the RoleBinding "namesake" say why they do not get the Lease`
	}
	return []Finding{finding}
}

// withoutElection reports whether a Deployment says that its managers elect nobody.
func (f *Facts) withoutElection() bool {
	for i := range f.Deployments {
		if slices.Contains(f.arguments(i), "--leader-elect=false") {
			return true
		}
	}
	return false
}

// arguments returns the arguments of the containers of Deployment i.
func (f *Facts) arguments(i int) []string {
	var all []string
	for _, container := range f.Deployments[i].Spec.Template.Spec.Containers {
		all = append(all, container.Args...)
	}
	return all
}

// argument returns the value of a flag of the managers, and whether a Deployment has it.
func (f *Facts) argument(flag string) (value string, has bool) {
	for i := range f.Deployments {
		for _, argument := range f.arguments(i) {
			if value, has = strings.CutPrefix(argument, "--"+flag+"="); has {
				return value, true
			}
		}
	}
	return "", false
}
