//go:build !race

package effect_test

// slowness is the factor on the tests' times.
const slowness = 1
