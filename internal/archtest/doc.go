// Package archtest holds tests about the source tree itself: which package may
// import which, that each introduces itself, that nothing is left off a list.
// They see what the linter cannot. Each rule brings a small tree that breaks it,
// so that a rule which can no longer fail is noticed.
package archtest
