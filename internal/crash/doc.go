// Package crash kills a migration at every point where it can die. Workflows, activities, clients and the ledger run whole in one process
// and in virtual time, against the simulators; a crash point lies before and after every exchange with an account and every commit of
// the ledger. There a worker dies: nothing of it reaches an account or the ledger any more, its files stay as they lie on the disk, the answer
// under way is lost, and a new worker goes on from what is left (I9).
package crash
