// Package policy has the rules that the API server itself enforces, as ValidatingAdmissionPolicies: what an object shows without a look
// at another one. They hold while no webhook answers, and where there is none. The webhooks know the same rules as functions
// (internal/rules), and add those that need a second object.
//
// Policies come before validating webhooks, so what a policy refuses no webhook is asked about. Both say the same, by rules.Words.
package policy
