//go:build !race

package account_test

// slowness is the factor on the tests' times.
const slowness = 1
