package refusals

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// verdict is what becomes of a write.
type verdict struct {
	// code is the HTTP code of a refusal, and 0 if the write is allowed. by is the rule that refused it, or what else did.
	code int
	by   string
	// dropped are labels and annotations that an allowed write does not bring. kept are those that it does not take away. unchanged says
	// that it changes nothing.
	dropped, kept []string
	unchanged     bool
}

// These refuse, and are no rule.
const (
	byServer = "API server" // its own validation, or the CRD's
	byRights = "rights"     // RBAC
)

// parseVerdicts reads what an entry expects: a verdict, or several with "or" between them, any of which is as good.
func parseVerdicts(said, rule string) ([]verdict, error) {
	var all []verdict
	for one := range strings.SplitSeq(said, " or ") {
		v, err := parseVerdict(one, rule)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// parseVerdict reads a verdict: "allowed", "unchanged", "dropped KEY, ...", "kept KEY, ...", or "refused CODE", by rule, or
// "refused CODE by RULE".
func parseVerdict(said, rule string) (verdict, error) {
	word, rest, _ := strings.Cut(said, " ")
	switch {
	case said == "allowed":
		return verdict{}, nil
	case said == "unchanged":
		return verdict{unchanged: true}, nil
	case word == "dropped" && rest != "":
		return verdict{dropped: strings.Split(rest, ", ")}, nil
	case word == "kept" && rest != "":
		return verdict{kept: strings.Split(rest, ", ")}, nil
	case word == "refused":
		number, by, named := strings.Cut(rest, " by ")
		if !named {
			by = rule
		}
		code, err := strconv.Atoi(number)
		return verdict{code: code, by: by}, err
	}
	return verdict{}, fmt.Errorf(
		"%q says not what becomes of the write: allowed, unchanged, dropped KEY, kept KEY, refused CODE [by RULE]", said)
}

// String is what parseVerdict reads.
func (v verdict) String() string {
	switch {
	case v.code != 0:
		return fmt.Sprintf("refused %d by %s", v.code, v.by)
	case v.unchanged:
		return "unchanged"
	case v.dropped != nil:
		return "dropped " + strings.Join(v.dropped, ", ")
	case v.kept != nil:
		return "kept " + strings.Join(v.kept, ", ")
	}
	return "allowed"
}

// outcome is what a write came to.
type outcome struct {
	err error
	// before is the object that was changed, or nil. after is the API server's answer, if it is that object.
	before, after *unstructured.Unstructured
	// rule is the rule by which a webhook refused, if one did.
	rule string
}

// verdict returns what became of the write, in the terms of what was expected.
func (o outcome) verdict(want verdict) (verdict, error) {
	if o.err != nil {
		var status apierrors.APIStatus
		if !errors.As(o.err, &status) {
			return verdict{}, o.err
		}
		return verdict{code: int(status.Status().Code), by: o.refusedBy()}, nil
	}
	got := verdict{}
	for _, key := range want.dropped {
		if _, has := value(o.after, key); !has {
			got.dropped = append(got.dropped, key)
		}
	}
	for _, key := range want.kept {
		was, had := value(o.before, key)
		if is, has := value(o.after, key); had && has && was == is {
			got.kept = append(got.kept, key)
		}
	}
	got.unchanged = want.unchanged && reflect.DeepEqual(content(o.before), content(o.after))
	return got, nil
}

// content returns an object without what says when and by whom it was written.
func content(obj *unstructured.Unstructured) map[string]any {
	obj = obj.DeepCopy()
	obj.SetManagedFields(nil)
	obj.SetResourceVersion("")
	return obj.Object
}

// value returns the value of an annotation or, if there is none, of a label.
func value(obj *unstructured.Unstructured, key string) (string, bool) {
	if is, has := obj.GetAnnotations()[key]; has {
		return is, true
	}
	is, has := obj.GetLabels()[key]
	return is, has
}

// ofPolicy finds the rule in a refusal by one of Namesake's policies, whose words begin with it.
var ofPolicy = regexp.MustCompile(
	`ValidatingAdmissionPolicy '[a-z-]+\.namesake\.agents\.x-k8s\.io' with binding '[^']+' denied request: ([a-z-]+): `)

// refusedBy returns the rule that refused, or what else did.
func (o outcome) refusedBy() string {
	message := o.err.Error()
	if policy := ofPolicy.FindStringSubmatch(message); policy != nil {
		return policy[1]
	}
	switch {
	case strings.Contains(message, "admission webhook "):
		return o.rule
	case apierrors.IsForbidden(o.err) && strings.Contains(message, " cannot "):
		return byRights
	}
	return byServer
}
