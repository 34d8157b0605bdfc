package rules_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

func TestServicePorts(t *testing.T) {
	port := func(name string, number int32, protocol corev1.Protocol) corev1.ContainerPort {
		return corev1.ContainerPort{Name: name, ContainerPort: number, Protocol: protocol}
	}
	with := func(ports ...corev1.ContainerPort) corev1.Container { return corev1.Container{Ports: ports} }
	sidecar := func(ports ...corev1.ContainerPort) corev1.Container {
		return corev1.Container{RestartPolicy: new(corev1.ContainerRestartPolicyAlways), Ports: ports}
	}
	for name, tc := range map[string]struct {
		spec corev1.PodSpec
		want []string
	}{
		"no port":     {spec: corev1.PodSpec{Containers: []corev1.Container{with(), with()}}},
		"one":         {corev1.PodSpec{Containers: []corev1.Container{with(port("http", 80, "TCP"))}}, []string{"http 80/TCP"}},
		"no protocol": {corev1.PodSpec{Containers: []corev1.Container{with(port("", 80, ""))}}, []string{"p-80-tcp 80/TCP"}},
		"sorted by number, then by protocol": {
			corev1.PodSpec{Containers: []corev1.Container{with(port("", 443, "UDP"), port("", 80, "UDP"), port("", 80, "SCTP")), with(port("", 80, "TCP"))}},
			[]string{"p-80-sctp 80/SCTP", "p-80-tcp 80/TCP", "p-80-udp 80/UDP", "p-443-udp 443/UDP"},
		},
		"containers come before init containers that go on running; others do not count": {
			corev1.PodSpec{
				InitContainers: []corev1.Container{with(port("init", 1, "TCP")), sidecar(port("side", 80, "TCP"), port("metrics", 9090, "TCP"))},
				Containers:     []corev1.Container{with(port("main", 80, "TCP"))},
			},
			[]string{"main 80/TCP", "metrics 9090/TCP"},
		},
		"the first that has a name gives it": {
			corev1.PodSpec{Containers: []corev1.Container{with(port("", 80, "TCP")), with(port("http", 80, "TCP")), with(port("web", 80, ""))}},
			[]string{"http 80/TCP"},
		},
		"a name that is taken passes to the next": {
			corev1.PodSpec{Containers: []corev1.Container{with(port("http", 80, "TCP")), with(port("http", 81, "TCP")), with(port("alt", 81, "TCP"))}},
			[]string{"http 80/TCP", "alt 81/TCP"},
		},
		"or the number": {
			corev1.PodSpec{Containers: []corev1.Container{with(port("http", 80, "TCP")), with(port("http", 80, "UDP"))}},
			[]string{"http 80/TCP", "p-80-udp 80/UDP"},
		},
		"a name belongs to the first container that gives it, whatever the numbers": {
			corev1.PodSpec{Containers: []corev1.Container{with(port("http", 9090, "TCP")), with(port("http", 8080, "TCP"))}},
			[]string{"p-8080-tcp 8080/TCP", "http 9090/TCP"},
		},
		"a container's name goes before one by a number": {
			corev1.PodSpec{Containers: []corev1.Container{with(port("", 80, "TCP"), port("p-80-tcp", 443, "TCP"))}},
			[]string{"p-80-tcp-2 80/TCP", "p-80-tcp 443/TCP"},
		},
		"which may be taken, too": {
			corev1.PodSpec{Containers: []corev1.Container{with(
				port("p-90-tcp", 80, "TCP"), port("p-90-tcp-2", 81, "TCP"), port("", 90, "TCP"), port("p-90-tcp", 91, "TCP"))}},
			[]string{"p-90-tcp 80/TCP", "p-90-tcp-2 81/TCP", "p-90-tcp-3 90/TCP", "p-91-tcp 91/TCP"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := tc.spec.DeepCopy()
			var got []string
			for _, p := range rules.ServicePorts(&tc.spec) {
				got = append(got, fmt.Sprintf("%s %d/%s", p.Name, p.Port, p.Protocol))
				if p.TargetPort != intstr.FromInt32(p.Port) {
					t.Errorf("port %d leads to %v", p.Port, p.TargetPort)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("ports (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, &tc.spec); diff != "" {
				t.Errorf("the spec itself was changed:\n%s", diff)
			}
		})
	}
}
