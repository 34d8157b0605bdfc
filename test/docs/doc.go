// Package docs checks the pages in docs: they contain everything that they must, and what they quote and link to exists.
package docs
