package main

import (
	"syscall"
	"time"
	"unsafe"
)

// threadClock is CLOCK_THREAD_CPUTIME_ID. getrusage knows the same, but where the kernel counts by ticks only to some milliseconds.
const threadClock = 3

// processorTime is how long this thread has run so far, not counting when others did; 0 where that is not known.
func processorTime() time.Duration {
	var now syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, threadClock, uintptr(unsafe.Pointer(&now)), 0)
	if errno != 0 {
		return 0
	}
	return time.Duration(now.Nano())
}
