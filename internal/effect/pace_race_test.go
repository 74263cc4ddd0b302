//go:build race

package effect_test

// slowness stretches the tests' times under the race detector.
const slowness = 5
