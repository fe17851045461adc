package crashtest

// point is where a process ends.
type point string

// The points of a delivery. A child ends itself at most of them; at requestWritten,
// requestApplied and questionWritten the API ends it, which knows best what it has.
const (
	beforeClaim point = "before a claim"
	afterClaim  point = "after a claim"
	// requestWritten is a change that the API has read and does nothing about,
	// requestApplied one that it makes and answers to nobody.
	requestWritten point = "request written, not applied"
	requestApplied point = "request applied, not answered"
	answerCame     point = "answer came"
	beforeSettling point = "before settling"
	afterSettling  point = "after settling"
	betweenSteps   point = "between two steps"
	// questionWritten is a walk or a look-up that the API has read.
	questionWritten point = "question asked"
)

// The points of any phase: nothing of a transaction is in force before its commit.
const (
	withinTransaction point = "within a transaction"
	beforeCommit      point = "before a commit"
	randomMoment      point = "random moment"
)

// delivering are the points that every change passes.
var delivering = []point{
	beforeClaim, afterClaim, requestWritten, requestApplied, answerCame, beforeSettling, afterSettling,
}
