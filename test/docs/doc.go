// Package docs checks what can be checked of the pages in docs: that they know all that they have to know, and that what they
// quote, and lead to, is there.
package docs
