// Package devstack runs what a migration needs on one machine without containers: a Temporal server, a PostgreSQL server and
// built binaries of this project, for tests, demonstrations and chaos runs.
//
// It guarantees: what it starts listens on the loopback interface only, is ready when Start returns, keeps its ports and its
// data through Kill9 and Restart, and dies with the process that started it. A program that is not there is an error with
// cause and cure, never a silent skip.
package devstack
