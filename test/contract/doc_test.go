// Package contract holds the generated CRDs against what existing clients, manifests and SDKs rely on.
//
// The facts of internal/conformance are that contract, one a line. testdata/ours.jsonl is what this
// project adds or narrows, each line with its reason; it wins over a fact of the same field. A field of the CRDs that
// neither names is an error, and so is a fact that the CRDs do not bear out.
package contract
