// Package top shows how busy pools are: what they have, what claims take, and how long claims wait.
package top

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// Pool is what is told of a pool. Without a name, it is of the claims that name a template and got no Sandbox out of a pool.
type Pool struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name,omitempty"`
	Template  string `json:"template,omitempty"`
	// Wanted and Ready are the Sandboxes that wait for claims: spec.replicas and status.readyReplicas.
	Wanted int32 `json:"wanted"`
	Ready  int32 `json:"ready"`
	// Claimed are the claims that have a Sandbox, and Waiting those that have not been Ready yet.
	Claimed int `json:"claimed"`
	Waiting int `json:"waiting"`
	// Arrivals are the claims that were created within the window and still exist.
	Arrivals int `json:"arrivals"`
	// Warm and Cold count the claims that got a Sandbox out of a pool, or of their own.
	Warm int64 `json:"warm"`
	Cold int64 `json:"cold"`
	// Waits tells how long claims took from their creation until they were Ready.
	Waits *Waits `json:"waits,omitempty"`
	// Source says where Warm, Cold and Waits come from.
	Source Source `json:"source"`
}

// Source says where numbers come from.
type Source string

// Sources. The managers' metrics count all claims since the managers' start, and their waits are those of the template's claims.
const (
	FromClaims  Source = "claims"
	FromMetrics Source = "metrics"
)

// census counts claims by pool.
type census struct {
	now    time.Time
	window time.Duration
	rows   []*Pool
	// byName finds a row by namespace, pool and template. A pool's row has no template there.
	byName map[[3]string]*Pool
	// byPrefix finds a pool by its namespace and what the names of its Sandboxes begin with.
	byPrefix map[[2]string]*Pool
	waits    map[*Pool][]time.Duration
}

// count counts claims by pool. sandboxes are the metadata of Sandboxes. Claims of the last window are arrivals.
func count(
	pools []extensionsv1.SandboxWarmPool, claims []extensionsv1.SandboxClaim, sandboxes []metav1.PartialObjectMetadata,
	window time.Duration, now time.Time,
) []*Pool {
	c := census{now: now, window: window, byName: map[[3]string]*Pool{}, byPrefix: map[[2]string]*Pool{}, waits: map[*Pool][]time.Duration{}}
	for i := range pools {
		pool := &pools[i]
		row := c.row(pool.Namespace, pool.Name, "")
		row.Template, row.Ready = pool.Spec.SandboxTemplateRef.Name, pool.Status.ReadyReplicas
		row.Wanted = ptr.Deref(pool.Spec.Replicas, 1) // The schema's default.
		c.byPrefix[[2]string{pool.Namespace, rules.GeneratedName(pool.Name+"-", "")}] = row
	}
	byName := map[[2]string]*metav1.PartialObjectMetadata{}
	for i := range sandboxes {
		byName[[2]string{sandboxes[i].Namespace, sandboxes[i].Name}] = &sandboxes[i]
	}
	for i := range claims {
		c.add(&claims[i], byName[[2]string{claims[i].Namespace, claims[i].Status.Sandbox.Name}])
	}
	for row, waits := range c.waits {
		row.Waits = summarize(waits)
	}
	return c.rows
}

// row returns the row of a pool, or of a template's claims without a pool.
func (c *census) row(namespace, pool, template string) *Pool {
	key := [3]string{namespace, pool, template}
	row := c.byName[key]
	if row == nil {
		row = &Pool{Namespace: namespace, Name: pool, Template: template, Source: FromClaims}
		c.byName[key], c.rows = row, append(c.rows, row)
	}
	return row
}

// add counts claim, whose Sandbox is nil if it has none or the Sandbox cannot be seen.
func (c *census) add(claim *extensionsv1.SandboxClaim, sandbox *metav1.PartialObjectMetadata) {
	row := c.rowOf(claim, sandbox)
	if c.now.Sub(claim.CreationTimestamp.Time) <= c.window {
		row.Arrivals++
	}
	if claim.Status.Sandbox.Name != "" {
		row.Claimed++
	}
	if sandbox != nil {
		if sandbox.Labels[sandboxv1.LabelLaunchType] == sandboxv1.LaunchTypeWarm {
			row.Warm++
		} else {
			row.Cold++
		}
	}
	wait, waiting := waitOf(claim, c.now)
	if waiting {
		row.Waiting++
	}
	if wait != nil {
		c.waits[row] = append(c.waits[row], *wait)
	}
}

// rowOf returns the row that claim is counted in: that of the pool that it names, else that of the pool that its warm Sandbox came out
// of. An adopted Sandbox tells its pool by its name alone: it begins as the names of that pool's Sandboxes do, and ends in the random
// characters.
func (c *census) rowOf(claim *extensionsv1.SandboxClaim, sandbox *metav1.PartialObjectMetadata) *Pool {
	if claim.Spec.WarmPoolRef != nil {
		return c.row(claim.Namespace, claim.Spec.WarmPoolRef.Name, "")
	}
	template := ""
	if claim.Spec.SandboxTemplateRef != nil {
		template = claim.Spec.SandboxTemplateRef.Name
	}
	if sandbox != nil && sandbox.Labels[sandboxv1.LabelLaunchType] == sandboxv1.LaunchTypeWarm && len(sandbox.Name) > rules.SuffixLength {
		prefix := sandbox.Name[:len(sandbox.Name)-rules.SuffixLength]
		if pool := c.byPrefix[[2]string{claim.Namespace, prefix}]; pool != nil && pool.Template == template {
			return pool
		}
	}
	return c.row(claim.Namespace, "", template)
}
