package limits

import (
	"bytes"
	"fmt"
)

// maxQuantityLength is above what QuantityPattern takes, with some blanks around it.
const maxQuantityLength = 64

// oversizedQuantity says what is too large about a quantity, or "". It does not say whether text is a quantity.
func oversizedQuantity(text []byte) string {
	if len(text) > maxQuantityLength {
		return fmt.Sprintf("a quantity has at most %d characters, and this has %d", maxQuantityLength, len(text))
	}
	number, exponent := text, []byte(nil)
	if at := bytes.IndexAny(text, "eE"); at >= 0 {
		number, exponent = text[:at], text[at+1:]
	}
	whole, fraction, _ := bytes.Cut(number, []byte("."))
	switch {
	case digits(exponent) > MaxQuantityExponentDigits:
		return fmt.Sprintf("the exponent of a quantity has at most %d digits, and this has %d", MaxQuantityExponentDigits, digits(exponent))
	case digits(whole) > MaxQuantityDigits, digits(fraction) > MaxQuantityDigits:
		return fmt.Sprintf("a quantity has at most %d digits on each side of the point", MaxQuantityDigits)
	}
	return ""
}

func digits(text []byte) int {
	n := 0
	for _, c := range text {
		if c >= '0' && c <= '9' {
			n++
		}
	}
	return n
}
