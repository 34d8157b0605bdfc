// Package limits says how large an object may be, and finds what is larger in its JSON, before anything is decoded.
//
// The bounds here are those of a whole object, and of a quantity. The bound of each single list, map and string is in the CRDs
// (config/crd/bounds).
package limits

// The bounds of an object as a whole. Each is beyond what the CRDs allow for a part of it, and well below what costs a second.
const (
	// MaxBytes is the length of an object's JSON. The API server takes requests of up to 3 MiB, and etcd stores 1.5 MiB (its
	// --max-request-bytes); an object grows by some defaults on its way to a webhook.
	MaxBytes = 2 << 20
	// MaxDepth is how deep lists and objects are nested. A Pod has about 12 levels in a Sandbox, and its managedFields 16.
	MaxDepth = 64
	// MaxValues is the number of values: objects, lists, texts, numbers and the like. An item of a list that takes two bytes of
	// JSON takes some hundred bytes of memory.
	MaxValues = 50_000
	// MaxItems is the number of items of one list, or of entries of one map.
	MaxItems = 4096
)

// The bounds of a quantity. Kubernetes computes with powers of ten, so the cost of a quantity is that of its value written out.
const (
	// MaxQuantityDigits is the number of digits before the exponent or suffix, on each side of the point. The largest quantity,
	// 2^63-1, has 19.
	MaxQuantityDigits = 20
	// MaxQuantityExponentDigits is the number of digits of the exponent. Quantities reach from 1e-9 to 1e18.
	MaxQuantityExponentDigits = 2
)

// QuantityPattern is the regular expression of a quantity within these bounds. It is that of resource.Quantity, with its
// repetitions bounded, and without the fraction in the exponent that Go does not read.
const QuantityPattern = `^[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?$`
