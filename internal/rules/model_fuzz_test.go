package rules_test

import "testing"

// FuzzModel lets the fuzzer choose the schedules of the model: who does what next, and how stale what they see is.
func FuzzModel(f *testing.F) {
	f.Add(uint8(0), []byte{})
	f.Add(uint8(1), []byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"))
	f.Fuzz(func(t *testing.T, number uint8, schedule []byte) {
		w := newWorld(theProtocol(), int(number))
		w.seed.bytes = schedule[:min(len(schedule), 4*turns)]
		for range turns {
			w.turn()
			if w.ledger.broken != "" {
				t.Fatal(w.ledger.broken)
			}
		}
		w.seed.bytes = nil
		w.settle(t)
		if w.ledger.broken != "" {
			t.Fatal(w.ledger.broken)
		}
	})
}
