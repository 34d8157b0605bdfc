// Package fuzz sends real admission requests, changed by a fuzzer in every way, to the webhooks, and asks test/fuzz/oracle about
// each that they accept. testdata/reviews.jsonl holds requests that a real API server sent when the integration tests ran.
package fuzz
