// Package mapping is the map from Rezora to Nutshell: what every source record must look like in Nutshell, value by value.
//
// It is pure: no clock, no network, no files. The same map, environment and record always give the same projection, so a
// restart, the reconciliation and a second run see exactly what the load wrote. Nothing is dropped silently: every value of a
// projected record has exactly one fate, and a value that Nutshell would refuse is left out here, with a reason.
package mapping
