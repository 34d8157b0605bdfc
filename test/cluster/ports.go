package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports are taken below 32768, where no system takes its ports for outgoing connections: one that is free now
// can only be lost to another server.
const (
	lowestPort  = 20000
	highestPort = 32000
)

// freePorts finds so many ports that nobody listens at on the loopback address.
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

// loopback is the address of a port on this machine.
func loopback(port int) string {
	return fmt.Sprintf("127.0.0.1:%d", port)
}
