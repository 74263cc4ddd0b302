// Package e2e runs whole migrations: a real Temporal server, both simulators, real worker processes. Its tests are the ones that a customer
// would write.
package e2e
