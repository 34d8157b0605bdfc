package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports are chosen below 32768, where no system takes its ports for outgoing connections. A port that is free now can only be
// lost to another server.
const (
	lowestPort  = 20000
	highestPort = 32000
)

// freePorts returns count ports at which nobody listens on the loopback address.
func freePorts(count int) ([]int, error) {
	var ports []int
	var listeners []net.Listener
	defer func() {
		for _, listener := range listeners {
			listener.Close()
		}
	}()
	for range 100 * count {
		if len(ports) == count {
			return ports, nil
		}
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		listener, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		listeners = append(listeners, listener)
		ports = append(ports, port)
	}
	return nil, errors.New("no free ports on 127.0.0.1 between 20000 and 32000: end what uses them")
}

// loopback returns the address of a port on this machine.
func loopback(port int) string {
	return fmt.Sprintf("127.0.0.1:%d", port)
}
