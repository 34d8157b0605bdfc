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

// ServicePorts returns the ports of a Service for a Pod of that spec: one for each port and protocol of its containers and
// of the init containers that go on running, in that order. A port is named as the first container that has it says, if
// no port before has that name, else by its number.
func ServicePorts(spec *corev1.PodSpec) []corev1.ServicePort {
	open := containerPorts(spec)
	slices.SortStableFunc(open, func(a, b corev1.ContainerPort) int {
		return cmp.Or(cmp.Compare(a.ContainerPort, b.ContainerPort), cmp.Compare(a.Protocol, b.Protocol))
	})
	var ports []corev1.ServicePort
	taken := map[string]bool{}
	for begin := 0; begin < len(open); {
		end := begin + 1
		for end < len(open) && open[end].ContainerPort == open[begin].ContainerPort && open[end].Protocol == open[begin].Protocol {
			end++
		}
		name := portName(open[begin:end], taken)
		taken[name] = true
		ports = append(ports, corev1.ServicePort{
			Name: name, Port: open[begin].ContainerPort, Protocol: open[begin].Protocol,
			TargetPort: intstr.FromInt32(open[begin].ContainerPort),
		})
		begin = end
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

// portName returns the name for same, the container ports of one number and protocol.
func portName(same []corev1.ContainerPort, taken map[string]bool) string {
	for _, port := range same {
		if port.Name != "" && !taken[port.Name] {
			return port.Name
		}
	}
	base := fmt.Sprintf("p-%d-%s", same[0].ContainerPort, strings.ToLower(string(same[0].Protocol)))
	name := base
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	return name
}
