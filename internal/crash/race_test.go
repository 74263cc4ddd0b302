//go:build race

package crash

// sparse leaves out most stories under the race detector, which makes each ten times as long.
const sparse = 25
