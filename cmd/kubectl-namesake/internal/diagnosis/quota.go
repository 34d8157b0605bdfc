package diagnosis

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// The words of a quota's refusal (k8s.io/apiserver/pkg/admission/plugin/resourcequota).
var (
	exceededWords = regexp.MustCompile(`exceeded quota: ([^,]+), requested: (.+?), used: `)
	lackingWords  = regexp.MustCompile(`failed quota: ([^:]+): must specify (.+)`)
)

// quotaUsedUp is for a ResourceQuota that is used up, or that wants limits which the Pod does not have.
func quotaUsedUp(s *Snapshot) *Cause {
	if r, groups := refused(s, exceededWords); r != nil {
		return exceeded(s, r, groups[1], groups[2])
	}
	r, groups := refused(s, lackingWords)
	if r == nil {
		return nil
	}
	command, from := s.editPod()
	return &Cause{
		ID: "quota", Object: Ref{kindQuota, groups[1]}, Words: r.words,
		Says:    fmt.Sprintf("%s wants each Pod to specify %s", Ref{kindQuota, groups[1]}, groups[2]),
		Command: command, Advice: fmt.Sprintf("set them in %s%s", from, s.thenAgain()),
	}
}

// exceeded says which resources of a quota are used up, and how to raise them by what was requested.
func exceeded(s *Snapshot, r *refusal, quota, requested string) *Cause {
	cause := &Cause{
		ID: "quota", Object: Ref{kindQuota, quota}, Words: r.words,
		Says:    fmt.Sprintf("%s is used up, and refuses what %s needs", Ref{kindQuota, quota}, r.of),
		Command: s.kubectl("describe resourcequota %s", quota),
		Advice:  "raise it, or delete what nobody needs; if you may not, ask who administers the namespace",
	}
	at := slices.IndexFunc(s.Quotas, func(q corev1.ResourceQuota) bool { return q.Name == quota })
	if at < 0 {
		return cause
	}
	used, hard := usage(&s.Quotas[at], parseAmounts(requested))
	if len(hard) == 0 {
		cause.Passing, cause.Advice = true, "it has room now: what was refused is tried again within a minute"
		return cause
	}
	cause.Says = fmt.Sprintf("%s is used up (%s), and refuses what %s needs", Ref{kindQuota, quota}, used, r.of)
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"hard": hard}})
	if err == nil { // Texts as keys and values always become JSON.
		cause.Command = s.kubectl("patch resourcequota %s --type=merge --patch '%s'", quota, patch)
	}
	return cause
}

// usage returns how much of the requested resources is used, in words, and how much there has to be for the request. A resource of
// which enough is left is not among them.
func usage(quota *corev1.ResourceQuota, requested map[corev1.ResourceName]resource.Quantity) (words string, hard map[string]string) {
	var parts []string
	hard = map[string]string{}
	for name, amount := range requested {
		limit, limited := quota.Spec.Hard[name]
		if !limited {
			continue
		}
		used := quota.Status.Used[name]
		parts = append(parts, fmt.Sprintf("%s: %s of %s", name, used.String(), limit.String()))
		needed := used.DeepCopy()
		needed.Add(amount)
		if needed.Cmp(limit) > 0 {
			hard[string(name)] = needed.String()
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ", "), hard
}

// parseAmounts reads "cpu=1,memory=1Gi". What is no amount is left out.
func parseAmounts(text string) map[corev1.ResourceName]resource.Quantity {
	amounts := map[corev1.ResourceName]resource.Quantity{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if amount, err := resource.ParseQuantity(value); err == nil {
			amounts[corev1.ResourceName(name)] = amount
		}
	}
	return amounts
}
