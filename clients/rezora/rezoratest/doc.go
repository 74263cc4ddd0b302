// Package rezoratest is an in-memory Rezora account behind HTTP, in the habit
// of net/http/httptest.
//
// One handler serves the current API (dv1) under /api/v1, the legacy API under
// /v1, the prototype dialect under /api and a control plane under /_sim/, all
// over the same rows. The package guarantees that
//
//   - every answer follows the Rezora contract to the letter, faults and
//     oddities included, each behind a switch of Config named as there;
//   - the same seed and size give the same live rows in all views, so that a
//     failed test can be repeated;
//   - anything but a read is refused and recorded as a violation (I1), and a
//     credential that reaches a foreign file host is counted as leaked;
//   - it shares no code with any client, so a mistake cannot hide in both.
package rezoratest
