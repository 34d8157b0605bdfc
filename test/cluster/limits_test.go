package main

import "testing"

func TestMemorySize(t *testing.T) {
	for text, want := range map[string]int64{"512Mi": 512 << 20, "2Gi": 2 << 30, "100Ki": 100 << 10, "7": 7} {
		var got memorySize
		if err := got.Set(text); err != nil || int64(got) != want {
			t.Errorf("%q is %d, want %d (%v)", text, got, want, err)
		}
	}
	for _, text := range []string{"", "Mi", "0", "-1Mi", "512MB", "9223372036854775807Gi"} {
		var got memorySize
		if err := got.Set(text); err == nil {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
}
