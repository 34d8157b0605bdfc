package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
)

// ParseNamespaces returns the namespaces in a text, which are separated by commas, or every problem with it. An empty text is a
// problem: what was meant to name a namespace must not stand for all of them.
func ParseNamespaces(text string) ([]string, error) {
	var parsed []string
	var errs []error
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		switch {
		case len(validation.IsDNS1123Label(name)) > 0:
			errs = append(errs, fmt.Errorf("found %q, must be the name of a namespace: at most 63 small letters, digits and inner dashes", name))
		case slices.Contains(parsed, name):
			errs = append(errs, fmt.Errorf("found %q twice", name))
		default:
			parsed = append(parsed, name)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return parsed, nil
}

// LeftOut returns the first of namespaces in which a webhook with that selector is not asked, or "". Only names are known of a
// namespace here, so a selector by any other label leaves it out. The API server gives each namespace its name as a label, and
// nobody can change that.
func LeftOut(selector *metav1.LabelSelector, namespaces []string) (string, error) {
	if selector == nil { // As the API server reads it, unlike LabelSelectorAsSelector.
		return "", nil
	}
	selects, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return "", fmt.Errorf("reading a namespaceSelector: %w", err)
	}
	for _, namespace := range namespaces {
		if !selects.Matches(labels.Set{corev1.LabelMetadataName: namespace}) {
			return namespace, nil
		}
	}
	return "", nil
}
