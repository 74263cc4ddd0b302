// Package notify tells people by a webhook that a run waits for them, is parked or has ended.
//
// It guarantees: what is sent holds names, phases, codes, causes and links, no personal data (I5); the webhook's address, which holds a
// token as a rule, stands in no error; only an answer of the 2xx kind counts as delivered, and no redirect is followed.
package notify
