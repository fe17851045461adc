// Package state remembers what each API last accepted, and every change on its
// way there. It is the point of durability: a method of Store is a
// transaction, now is an argument, and nothing is acknowledged before it is on
// disk. The store is SQLite.
package state
