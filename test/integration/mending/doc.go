// Package mending stores what Go cannot read while the webhooks and schemas are away, and mends or deletes it when they are
// back.
package mending
