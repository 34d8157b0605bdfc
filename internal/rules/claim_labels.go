package rules

import (
	"fmt"
	"slices"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

var additionalPath = field.NewPath("spec", "additionalPodMetadata")

// LabelDomains are the domains of the labels that claims may give their Pods. Each domain includes its subdomains.
// Network policies, schedulers and quotas select by labels, so the administrator decides which labels a user may
// choose.
type LabelDomains []string

// DefaultLabelDomains are the domains that apply if the administrator configures none.
var DefaultLabelDomains = LabelDomains{"sandbox.users.io"}

// ParseLabelDomains parses domains that are separated by commas or newlines. It returns DefaultLabelDomains for a text
// without any domain. Its error names what is not a domain.
func ParseLabelDomains(text string) (LabelDomains, error) {
	var domains LabelDomains
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		domain := strings.ToLower(strings.TrimSpace(word))
		if domain == "" {
			continue
		}
		if problems := validation.IsDNS1123Subdomain(domain); len(problems) > 0 {
			return nil, fmt.Errorf("label domain %q: %s", domain, strings.Join(problems, "; "))
		}
		domains = append(domains, domain)
	}
	if len(domains) == 0 {
		return DefaultLabelDomains, nil
	}
	return domains, nil
}

// includes reports whether domain is one of d, or below one of d.
func (d LabelDomains) includes(domain string) bool {
	return slices.ContainsFunc(d, func(allowed string) bool {
		return domain == allowed || strings.HasSuffix(domain, "."+allowed)
	})
}

// systemDomains are the domains whose annotations tell Kubernetes or Namesake what to do with a Pod.
var systemDomains = LabelDomains{"kubernetes.io", "k8s.io", sandboxv1.GroupName}

// CheckAdditionalPodMetadata checks what claim adds to its Pod, as far as that is possible without a template. Labels
// must be of one of these domains. Annotations must not be ones that Kubernetes or Namesake acts on. No key may be
// reserved. The trace context is an exception: clients may set it, without effect.
func CheckAdditionalPodMetadata(claim *extensionsv1.SandboxClaim, domains LabelDomains) field.ErrorList {
	var errs field.ErrorList
	added := claim.Spec.AdditionalPodMetadata
	for _, key := range sortedKeys(added.Labels) {
		errs = append(errs, checkLabel(additionalPath.Child("labels").Key(key), key, added.Labels[key], domains)...)
	}
	for _, key := range sortedKeys(added.Annotations) {
		errs = append(errs, checkAnnotation(additionalPath.Child("annotations").Key(key), key)...)
	}
	if err := apivalidation.ValidateAnnotationsSize(added.Annotations); err != nil {
		errs = append(errs, field.TooLong(additionalPath.Child("annotations"), "", apivalidation.TotalAnnotationSizeLimitB))
	}
	return errs
}

func checkLabel(path *field.Path, key, value string, domains LabelDomains) field.ErrorList {
	var errs field.ErrorList
	for _, problem := range validation.IsValidLabelValue(value) {
		errs = append(errs, field.Invalid(path, value, problem))
	}
	problems := validation.IsQualifiedName(key)
	domain, _, hasDomain := strings.Cut(key, "/")
	switch {
	case len(problems) > 0:
		errs = append(errs, field.Invalid(path, key, strings.Join(problems, "; ")))
	case strings.EqualFold(key, "app") && strings.EqualFold(value, "sandbox-router"):
		errs = append(errs, field.Forbidden(path, "it would make the Pod pass for the router: leave it out"))
	case IsReserved(key):
		errs = append(errs, field.Forbidden(path, "only Namesake's controller sets labels of this domain: leave it out"))
	case !hasDomain:
		errs = append(errs, field.Invalid(path, key, fmt.Sprintf("a label needs a domain in front: use %q", domains.example(key))))
	case !domains.includes(domain):
		errs = append(errs, field.Forbidden(path, fmt.Sprintf(
			"domain %q is not one of those that the administrator allows: use %s, or one below", domain, strings.Join(domains, ", "))))
	}
	return errs
}

// example returns a label of the first domain.
func (d LabelDomains) example(name string) string {
	if len(d) == 0 {
		return name
	}
	return d[0] + "/" + name
}

func checkAnnotation(path *field.Path, key string) field.ErrorList {
	lower := strings.ToLower(key) // The API server checks annotation keys in lower case.
	domain, _, hasDomain := strings.Cut(lower, "/")
	switch problems := validation.IsQualifiedName(lower); {
	case len(problems) > 0:
		return field.ErrorList{field.Invalid(path, key, strings.Join(problems, "; "))}
	case lower == sandboxv1.AnnotationSafeToEvict, lower == sandboxv1.AnnotationTraceContext: // The trace context never reaches the Pod.
		return nil
	case IsReserved(lower):
		return field.ErrorList{field.Forbidden(path, "only Namesake's controller sets this: leave it out")}
	case hasDomain && systemDomains.includes(domain):
		return field.ErrorList{field.Forbidden(path, fmt.Sprintf(
			"annotations of %s are for the template to set: leave it out", strings.Join(systemDomains, ", ")))}
	}
	return nil
}
