package rules

// IsInvalidConfiguration reports whether problem, one error or several joined, says of nothing but objects of a Sandbox that the API
// server finds them invalid. They are made of the Sandbox's spec, so that nothing but a change of that helps. agent-sandbox calls
// that InvalidConfiguration since its version 1.0.4.
//
// A denial is something else, and may end: by a quota, by a webhook, or by a ValidatingAdmissionPolicy, whose denials have the code
// and the reason of an invalid object, too, but not the words.
func IsInvalidConfiguration(problem error) bool {
	if joined, ok := problem.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			if !IsInvalidConfiguration(err) {
				return false
			}
		}
		return len(joined.Unwrap()) > 0
	}
	return IsInvalidObject(problem)
}
