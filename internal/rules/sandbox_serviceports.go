package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// ServicePorts returns the ports of a Service for a Pod with that spec. It returns one for each port and protocol, in
// that order, of the containers and of the init containers that keep running. A name that a container gives belongs to
// the first port that has it. A port without a name left is named by its number, in a form that no container uses.
func ServicePorts(spec *corev1.PodSpec) []corev1.ServicePort {
	type end struct {
		port     int32
		protocol corev1.Protocol
	}
	var ports []corev1.ServicePort
	at, taken := map[end]int{}, map[string]bool{"": true}
	for _, open := range containerPorts(spec) {
		i, known := at[end{open.ContainerPort, open.Protocol}]
		if !known {
			i = len(ports)
			at[end{open.ContainerPort, open.Protocol}] = i
			ports = append(ports, corev1.ServicePort{
				Port: open.ContainerPort, Protocol: open.Protocol, TargetPort: intstr.FromInt32(open.ContainerPort),
			})
		}
		if ports[i].Name == "" && !taken[open.Name] {
			ports[i].Name, taken[open.Name] = open.Name, true
		}
	}
	slices.SortFunc(ports, func(a, b corev1.ServicePort) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol))
	})
	for i := range ports {
		if ports[i].Name == "" {
			ports[i].Name = numberedName(&ports[i], taken)
			taken[ports[i].Name] = true
		}
	}
	return ports
}

// containerPorts returns the ports of every container that runs as long as the Pod does.
func containerPorts(spec *corev1.PodSpec) []corev1.ContainerPort {
	var open []corev1.ContainerPort
	add := func(container *corev1.Container) {
		for _, port := range container.Ports {
			port.Protocol = cmp.Or(port.Protocol, corev1.ProtocolTCP)
			open = append(open, port)
		}
	}
	for i := range spec.Containers {
		add(&spec.Containers[i])
	}
	for i := range spec.InitContainers {
		if ptr.Deref(spec.InitContainers[i].RestartPolicy, "") == corev1.ContainerRestartPolicyAlways {
			add(&spec.InitContainers[i])
		}
	}
	return open
}

// numberedName returns a name for port that is not taken.
func numberedName(port *corev1.ServicePort, taken map[string]bool) string {
	base := fmt.Sprintf("p-%d-%s", port.Port, strings.ToLower(string(port.Protocol)))
	name := base
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	return name
}
