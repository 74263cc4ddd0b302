// Package observe gives an operator eyes without showing personal data: structured logs on standard error, Prometheus metrics,
// and a health page.
//
// It guarantees: e-mail addresses are masked and secrets redacted in every log line, whoever wrote it (I5); metrics carry
// only names of migrations, objects, states and calls; a metric read from the ledger is read when it is asked for, so several
// workers show the same truth and a dead one shows none.
package observe
