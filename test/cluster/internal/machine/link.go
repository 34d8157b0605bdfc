package machine

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Link is the pair of interfaces that connects a node to the machine.
type Link struct {
	// Name is the interface on the machine's side.
	Name string `json:"name"`
	// Machine and Node are the addresses of both sides.
	Machine netip.Addr `json:"machine"`
	Node    netip.Addr `json:"node"`
}

// linkBits is the size of the network of a link.
const linkBits = 24

// chooseFreeLink chooses addresses and a name that are not in use on this machine. The name is also free for a cgroup.
func chooseFreeLink() (Link, error) {
	taken, err := networks()
	if err != nil {
		return Link{}, err
	}
	return chooseLink(taken, func(name string) bool {
		_, err := net.InterfaceByName(name)
		cgroups, _ := Cgroups(name) // If they cannot be listed, they cannot be made either.
		return err == nil || len(cgroups) > 0
	})
}

func chooseLink(taken []netip.Prefix, exists func(name string) bool) (Link, error) {
	for i := range 256 {
		network := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 213, byte(i), 0}), linkBits)
		name := fmt.Sprintf("namesake%d", i)
		if overlaps(network, taken) || exists(name) {
			continue
		}
		machine := network.Addr().Next()
		return Link{Name: name, Machine: machine, Node: machine.Next()}, nil
	}
	return Link{}, errors.New("all of 10.213.0.0/16 is in use on this machine: remove links named namesake... that no cluster uses")
}

func overlaps(network netip.Prefix, others []netip.Prefix) bool {
	for _, other := range others {
		if other.Overlaps(network) {
			return true
		}
	}
	return false
}

// networks returns the networks that this machine is in or has a route to.
func networks() ([]netip.Prefix, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var found []netip.Prefix
	for _, address := range addresses {
		if prefix, err := netip.ParsePrefix(address.String()); err == nil {
			found = append(found, prefix)
		}
	}
	routes, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return nil, err
	}
	return append(found, parseRoutes(string(routes))...), nil
}

// parseRoutes parses /proc/net/route, whose numbers are in the machine's byte order. It ignores the default route, which
// collides with nothing.
func parseRoutes(table string) []netip.Prefix {
	var found []netip.Prefix
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 8 {
			continue
		}
		destination, err1 := hex.DecodeString(fields[1])
		mask, err2 := hex.DecodeString(fields[7])
		if err1 != nil || err2 != nil || len(destination) != 4 || len(mask) != 4 {
			continue
		}
		var address [4]byte
		binary.NativeEndian.PutUint32(address[:], binary.BigEndian.Uint32(destination))
		if size := bits.OnesCount32(binary.BigEndian.Uint32(mask)); size > 0 {
			found = append(found, netip.PrefixFrom(netip.AddrFrom4(address), size))
		}
	}
	return found
}

// Add makes the pair. Its other side is eth0 in the network of that process.
func (l Link) Add(pid int) error {
	return errors.Join(
		IP("link", "add", l.Name, "type", "veth", "peer", "name", "eth0", "netns", fmt.Sprint(pid)),
		IP("address", "add", fmt.Sprintf("%s/%d", l.Machine, linkBits), "dev", l.Name),
		IP("link", "set", l.Name, "up"),
	)
}

// Configure gives the other side its address. The caller must be in the node's network.
func (l Link) Configure() error {
	return errors.Join(
		IP("link", "set", "lo", "up"),
		IP("address", "add", fmt.Sprintf("%s/%d", l.Node, linkBits), "dev", "eth0"),
		IP("link", "set", "eth0", "up"),
		IP("route", "add", "default", "via", l.Machine.String()),
		os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644),
	)
}

// Remove removes the pair if it exists. The pair also disappears with the node's network, but a little later, so Remove
// accepts both.
func (l Link) Remove() error {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := net.InterfaceByName(l.Name); err != nil {
			return nil
		}
		if err := IP("link", "delete", l.Name); err != nil && time.Now().After(deadline) {
			return err
		}
	}
}

// IP runs the program ip.
func IP(args ...string) error {
	program, err := LookPath("ip")
	if err != nil {
		return err
	}
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}
