package main

import (
	"syscall"
	"time"
	"unsafe"
)

// threadClock is CLOCK_THREAD_CPUTIME_ID. getrusage returns the same time, but only to some milliseconds where the kernel
// counts by ticks.
const threadClock = 3

// processorTime returns how long this thread has run so far, without the time when other threads ran. It returns 0 if that is
// unknown.
func processorTime() time.Duration {
	var now syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, threadClock, uintptr(unsafe.Pointer(&now)), 0)
	if errno != 0 {
		return 0
	}
	return time.Duration(now.Nano())
}
