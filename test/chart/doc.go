// Package chart tests the chart: helm renders it in all its variants, a real API server takes them, values that are
// wrong are refused with a message that helps, and config installs the same. "make chart-test" runs it.
package chart
