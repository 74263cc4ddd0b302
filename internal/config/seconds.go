package config

import "time"

// Seconds is a length of time written as a number of seconds, fractions allowed.
type Seconds float64

// Duration returns the same length of time as Go writes it.
func (s Seconds) Duration() time.Duration {
	return time.Duration(float64(s) * float64(time.Second))
}
