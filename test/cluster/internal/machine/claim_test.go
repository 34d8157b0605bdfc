package machine

import (
	"context"
	"runtime"
	"testing"
	"time"
)

func TestOneAtATimeChooses(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("NOT RUN: a real node takes Linux")
	}
	unlock, err := lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := lock(impatient); err == nil {
		t.Error("two choose at the same time")
	}
	unlock()
	unlock, err = lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}
