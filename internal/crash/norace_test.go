//go:build !race

package crash

// sparse is 1: every story is told.
const sparse = 1
