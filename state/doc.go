// Package state remembers what each API last accepted, and every change on its
// way there. It is the point of durability: a method of Store is a
// transaction, now is an argument, and nothing is acknowledged before it is on
// disk. The store is SQLite.
//
// The package is one, because a transaction often spans several of its subjects: an outcome
// settles an intent, a listing, a verdict and the counts at once. Its files, by subject:
//
//   - The file: store opens and closes it, conn has the writer and the readers (reader), checkpoint
//     puts their log back, migrate brings its tables up to date, lock keeps a second writer out.
//     sound and check find damage, trouble says what went wrong and what to do. insertrows,
//     encode and query are how rows are written and read.
//   - Copies of it: copy, backup, restore, export with salvage, import. prune and forget let go of
//     what is old.
//   - Records: intake brings a read into force, with intakeprepare, intakeput, intakenarrow,
//     intakebulk, intakedeltas and intakemoved for its parts and readtypes for what it takes and
//     gives. hashes gives what the next read is compared with, hashpages is how that is kept, hashfold
//     writes it and checkhashes compares it with the records; ownreads, expired and strays say what is
//     missing, and for how long.
//   - Planning: candidates finds the products to look at, cases and caselistings read them with all
//     that is known of them, plan, stage and release make intents of the changes. held keeps what
//     waits for a person; leftfields what is left to the API. Intents are in intents and intenttypes.
//   - Delivery: claim hands steps out, settle takes outcomes in (refusal those that were refused),
//     shelf writes the listings, sweep frees what is no longer needed. retry lets refused products
//     go again; history and setback say what was tried.
//   - Listings and accounts: listings, destinations, counts; driftsample for what is compared with
//     the API; match, relist, newerremotes and takeover for adoption; tokens for access tokens.
//   - Eligibility: verdicts, flips; writeback and writebacks bring them back to a source; inbox
//     keeps webhooks, subjects says which records one is about.
//   - Runs and people: runs, schedules, alerts, notices, problems. standing counts how every product
//     stands, with standingamong, standingdone, standingfaulty, units and reshape; figures is for
//     metrics; pages, pageverdicts and pagecharts are for the web pages and the API. types has
//     what several of them share.
package state
