package main

import "github.com/spf13/cobra"

// commands are all commands, in the order in which a user meets them.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.demoCmd(),
		a.initCmd(),
		a.checkCmd(),
		a.planCmd(),
		a.syncCmd(),
		a.backfillCmd(),
		a.runCmd(),
		a.statusCmd(),
		a.listingsCmd(),
		a.eligibilityCmd(),
		a.webhooksCmd(),
		a.writebackCmd(),
		a.problemsCmd(),
		a.runsCmd(),
		a.whyCmd(),
		a.retryCmd(),
		a.pauseCmd(),
		a.resumeCmd(),
		a.adoptCmd(),
		a.driftCmd(),
		a.benchCmd(),
		a.stateCmd(),
		a.sandboxCmd(),
		a.connectorsCmd(),
		a.configCmd(),
		a.versionCmd(),
		a.healthcheckCmd(),
	}
}
