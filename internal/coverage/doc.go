// Package coverage has a test only: it holds docs/contracts/coverage.md against the contracts' tables of switches and faults, and against the
// tests that the page names.
package coverage
