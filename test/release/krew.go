package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/krew/pkg/constants"
	"sigs.k8s.io/krew/pkg/index"
	"sigs.k8s.io/yaml"
)

const (
	homepage = "https://github.com/namesake-sandbox/namesake"
	// krewManifest is the file by which krew installs the plugin: it must have the plugin's name.
	krewManifest = manager + constants.ManifestExtension
)

// pluginManifest returns the krew manifest of the plugin's archives, which are to be found below url. It is written after
// https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/.
func pluginManifest(number, url string, archives map[platform][]byte) ([]byte, error) {
	manifest := index.Plugin{
		TypeMeta:   metav1.TypeMeta{APIVersion: constants.CurrentAPIVersion, Kind: constants.PluginKind},
		ObjectMeta: metav1.ObjectMeta{Name: manager},
		Spec: index.PluginSpec{
			Version:          "v" + number,
			Homepage:         homepage,
			ShortDescription: "Look at sandboxes for AI agents, and check them",
			Description: "Shows the Sandboxes, claims and warm pools of the agent-sandbox API, says why one does not\n" +
				"become ready, and looks for what must not be: a claim with two Sandboxes, a Sandbox with two\n" +
				"Pods. It works on clusters of Namesake and of agent-sandbox.\n",
		},
	}
	for _, p := range pluginPlatforms {
		archive := p.archive(plugin, number)
		program := p.executable(plugin)
		manifest.Spec.Platforms = append(manifest.Spec.Platforms, index.Platform{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"os": p.os, "arch": p.arch}},
			URI:      url + "/" + archive,
			Sha256:   digest(archives[p]),
			Files:    []index.FileOperation{{From: program, To: "."}, {From: "LICENSE", To: "."}},
			Bin:      program,
		})
	}
	return yaml.Marshal(manifest)
}
