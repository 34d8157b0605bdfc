// Package chart tests the chart. helm renders it in all its variants, and a real API server accepts them. Wrong values are
// refused with a helpful message. config installs the same objects. "make chart-test" runs it.
package chart
