package main

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/namesake-sandbox/namesake/test/cluster/internal/machine"
	"github.com/namesake-sandbox/namesake/test/cluster/internal/process"
)

// suspects are the places that a node writes to unless it is kept from that.
var suspects = []string{
	"/etc/cni", "/etc/containerd", "/etc/kubernetes", "/opt/cni", "/opt/containerd",
	"/run/containerd", "/run/flannel", "/run/netns", "/run/runc", "/run/xtables.lock",
	"/usr/libexec/kubernetes", "/var/lib/cni", "/var/lib/containerd", "/var/lib/kubelet",
	"/var/log/containers", "/var/log/pods",
}

// settings are the settings of the whole machine that kubelet, kube-proxy and the network's plugins set.
var settings = []string{
	"kernel/keys/root_maxbytes", "kernel/keys/root_maxkeys", "kernel/panic", "kernel/panic_on_oops",
	"vm/overcommit_memory", "vm/panic_on_oom",
	"net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables", "net/netfilter/nf_conntrack_max",
}

// traces returns everything that a node could leave, other than what is named after it.
func (n *nodeTest) traces() map[string]string {
	n.Helper()
	found := map[string]string{}
	for _, path := range suspects {
		if _, err := os.Lstat(path); err == nil {
			found[path] = "exists"
		}
	}
	for _, name := range settings {
		value, err := os.ReadFile("/proc/sys/" + name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			n.Fatal(err)
		}
		found[name] = strings.TrimSpace(string(value))
	}
	return found
}

// processes returns all processes that run in the node's namespaces, and their children, which have their own namespaces in
// Pods.
func (n *nodeTest) processes() []process.Identity {
	n.Helper()
	inside, err := n.state().inside()
	if err != nil {
		n.Fatal(err)
	}
	space := func(pid int) string {
		link, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid)) // The process may have ended.
		return link
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		n.Fatal(err)
	}
	ours := map[int]bool{}
	for grown := true; grown; {
		grown = false
		for _, entry := range entries {
			pid, err := strconv.Atoi(entry.Name())
			if err != nil || ours[pid] || space(pid) != space(inside.Holder.PID) && !ours[parentOf(pid)] {
				continue
			}
			ours[pid], grown = true, true
		}
	}
	var found []process.Identity
	for pid := range ours {
		if identity, err := process.Identify(pid); err == nil {
			found = append(found, identity)
		}
	}
	// There are eight components including the holder, CoreDNS, the pause of its Pod, and their shim.
	if len(found) < 11 {
		n.Fatalf("only %d processes are in the node's namespaces", len(found))
	}
	return found
}

func parentOf(pid int) int {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // The process may have ended.
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(fields[1])
	return parent
}

// mustBeGone fails for everything that is left of a node: these processes, what is named after its link, and other traces.
func (n *nodeTest) mustBeGone(before map[string]string, ids []process.Identity, link string) {
	n.Helper()
	for _, id := range ids {
		if id.Alive() {
			n.Errorf("process %d still runs", id.PID)
		}
	}
	if _, err := net.InterfaceByName(link); err == nil {
		n.Errorf("the link %s is still there", link)
	}
	if cgroups, err := machine.Cgroups(link); err != nil || len(cgroups) > 0 {
		n.Errorf("cgroups are left in %v: %v", cgroups, err)
	}
	clusters, err := clustersDir()
	if err != nil {
		n.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(clusters, n.name)); !os.IsNotExist(err) {
		n.Error("the folder of the state is left")
	}
	if data, err := filepath.Glob(filepath.Join(sharedMemory, "namesake-"+n.name+"-*")); err != nil || len(data) > 0 {
		n.Errorf("etcd's data is left: %v %v", data, err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		n.Fatal(err)
	}
	if strings.Contains(string(mounts), n.name) || strings.Contains(string(mounts), "/run/namesake") {
		n.Errorf("mounts are left:\n%s", mounts)
	}
	if after := n.traces(); !maps.Equal(before, after) {
		n.Errorf("the machine had\n%v\nand has\n%v", before, after)
	}
	n.Logf("nothing is left of %d processes, the link and the cgroups %s", len(ids), link)
}
